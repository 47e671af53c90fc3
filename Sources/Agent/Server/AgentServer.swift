import AgentCore
import AgoraAPI
import Foundation
import Glibc
package import Logging
import MesosAPI
import NIOPosix
import Runtime
import ServiceLifecycle
import Store
import SwiftProtobuf
import Synchronization
package import Transport

/// The agent's process: everything around the core.
///
/// On a graceful shutdown its tasks stay, and the next agent of the same work folder takes them over; or, with `stopsTasks`, they are
/// killed first.
package final class AgentServer: Service {
    /// Why an agent can't start, in one line for the one who started it.
    package struct Failure: Error, CustomStringConvertible, Sendable {
        package let description: String
    }

    private let settings: AgentSettings
    private let logger: Logger
    private let stopsTasks: Atomic<Bool>
    private let responder = AgentResponder()
    private let http: HTTPService

    package init(_ settings: AgentSettings, logger: Logger) {
        self.settings = settings
        self.logger = logger
        stopsTasks = Atomic(settings.stopsTasks)
        var options = HTTPService.Options()
        options.address = settings.ip
        options.port = settings.port
        http = HTTPService(options, responder: responder, logger: logger)
    }

    /// Where the API listens, once it does.
    /// - Throws: what `run` throws, if it can't listen.
    package func address() async throws -> HTTPService.Address { try await http.address() }

    /// From now on a graceful shutdown kills the tasks first, whatever the settings say.
    package func stopTasksAtShutdown() { stopsTasks.store(true, ordering: .relaxed) }

    /// Runs until graceful shutdown.
    /// - Throws: `Failure`, or what the listener throws.
    package func run() async throws {
        let ground: Ground
        do {
            ground = try Ground(settings, logger: logger)
        } catch {
            throw Failure(description: "\(error)")
        }
        let (stopped, stoppedContinuation) = AsyncStream.makeStream(of: Void.self)
        let hands = Hands(logger: logger) { stoppedContinuation.finish() }
        var loopSettings = Loop<Agent>.Settings()
        loopSettings.name = "agent"
        loopSettings.capacity = settings.inboxCapacity
        let recorder = settings.recordsInputs ? Recorder(folder: settings.workFolder + "/recordings", kind: "agent", logger: logger) : nil
        let loop = Loop(
            core: Agent(), store: ground.store, recorder: recorder, settings: loopSettings, logger: logger, perform: hands.perform)
        let crew = Crew(settings, ground, loop: loop, hands: hands, logger: logger)
        do {
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { [http] in try await http.run() }
                let address = try await http.address()
                let started = try ground.started(settings, port: address.port)
                loop.start()
                crew.start(started)
                responder.serve(AgentAPI(settings, ground, crew: crew, loop: loop, logger: logger))
                try? await gracefulShutdown()
                let killsTasks = stopsTasks.load(ordering: .relaxed)
                crew.feeder.post(.stopping(killsTasks: killsTasks))
                await wait(for: stopped, seconds: killsTasks ? settings.stopLimit : 2)
                await crew.stop(removesContainers: killsTasks)
                await loop.stop()
                group.cancelAll()
            }
        } catch {
            await crew.stop(removesContainers: false)
            release(hands, crew, ground)
            throw error
        }
        release(hands, crew, ground)
    }

    /// Lets go of the store and the folder's lock, so that the next agent may have them as soon as `run` has returned.
    private func release(_ hands: Hands, _ crew: Crew, _ ground: Ground) {
        responder.serve(nil)
        hands.attach(nil)
        crew.feeder.end()
        ground.unlock()
    }

    private func wait(for stopped: AsyncStream<Void>, seconds: Double) async {
        await withTaskGroup(of: Void.self) { group in
            group.addTask { for await _ in stopped {} }
            group.addTask { try? await Task.sleep(for: .seconds(seconds)) }
            await group.next()
            group.cancelAll()
        }
    }
}

/// The threads and connections around the core, which live as long as the process.
final class Crew: Sendable {
    let feeder: Feeder
    let launcher: LauncherClient
    let link: MasterLink
    private let preparer: Preparer
    private let prober: Prober
    private let fetcher: Fetcher
    private let threads: NIOThreadPool

    init(_ settings: AgentSettings, _ ground: Ground, loop: Loop<Agent>, hands: Hands, logger: Logger) {
        let feeder = Feeder(loop)
        self.feeder = feeder
        threads = NIOThreadPool(numberOfThreads: 4)
        threads.start()
        launcher = LauncherClient(
            LauncherClient.Settings(
                program: ground.launcher, workFolder: settings.workFolder, instance: ground.instance,
                cgroups: .init(settings.cgroups)),
            logger: logger
        ) { hello, containers in
            feeder.post(.launcherReady(Abilities(hello), containers.map { Agent.ContainerReport($0) }))
        } onExit: { exited in
            feeder.post(.exited(container: exited.containerID, ContainerEnd(exited.exit)))
        }
        fetcher = Fetcher(launcher: launcher, threads: threads, stall: .seconds(settings.fetcherStallTimeout), logger: logger)
        preparer = Preparer(threads: threads, fetcher: fetcher, logger: logger, post: feeder.post)
        prober = Prober(launcher: launcher, post: feeder.post)
        link = MasterLink(
            masters: settings.masters, silence: .seconds(settings.masterSilence), logger: logger, post: feeder.post, hasRoom: feeder.hasRoom)
        hands.attach(Hands.Parts(link: link, launcher: launcher, preparer: preparer, prober: prober, feeder: feeder))
    }

    func start(_ started: Agent.Started) {
        feeder.post(.started(started))
        link.start()
        launcher.start()
    }

    func stop(removesContainers: Bool) async {
        await link.close()
        if removesContainers { await launcher.removeAll() }
        await launcher.stop()
        await fetcher.shutdown()
        await prober.shutdown()
        try? await threads.shutdownGracefully()
    }
}

extension Agora_V1_LauncherRequest.Hello.Cgroups {
    init(_ setting: AgentSettings.Cgroups) {
        switch setting {
        case .automatic: self = .automatic
        case .none: self = .none
        case .v1: self = .v1
        case .v2: self = .v2
        }
    }
}

extension Abilities {
    init(_ hello: Agora_V1_LauncherRecord.Hello) {
        self.init()
        isRoot = hello.root
        controllers = hello.controllers.filter(\.available).map(\.name)
        namespaces = hello.namespaces.filter(\.available).map(\.name)
    }
}

extension Agent.ContainerReport {
    init(_ container: Agora_V1_LauncherRecord.Container) {
        self.init(
            container: container.containerID, end: container.state == .running ? nil : ContainerEnd(container.exit), pid: container.monitorPid,
            started: container.startedUs.multipliedReportingOverflow(by: 1_000).partialValue)
    }
}
