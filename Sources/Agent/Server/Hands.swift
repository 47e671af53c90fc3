import AgentCore
import AgoraAPI
import Logging
import SwiftProtobuf
import Synchronization

/// Carries out what the core orders. Called on the loop's releasing thread; never waits.
final class Hands: Sendable {
    struct Parts: Sendable {
        let link: MasterLink
        let launcher: LauncherClient
        let preparer: Preparer
        let prober: Prober
        let feeder: Feeder
    }

    private let parts = Mutex<Parts?>(nil)
    private let logger: Logger
    private let onStopped: @Sendable () -> Void

    init(logger: Logger, onStopped: @escaping @Sendable () -> Void) {
        self.logger = logger
        self.onStopped = onStopped
    }

    /// Before the loop starts; nil once it has ended.
    func attach(_ parts: Parts?) { self.parts.withLock { $0 = parts } }

    func perform(_ effect: Agent.Effect) {
        guard let parts = parts.withLock({ $0 }) else { return }
        switch effect {
        case .store, .wake: break
        case .connect(let link): parts.link.connect(link)
        case .send(let link, let record): parts.link.send(link, record)
        case .disconnect(let link, let reason): parts.link.disconnect(link, reason)
        case .prepare(let preparation): parts.preparer.prepare(preparation)
        case .abandon(let container): parts.preparer.abandon(container)
        case .launch(let launch): self.launch(launch, parts)
        case .signal(let container, let signal): self.signal(container, signal, parts)
        case .destroy(let container): destroy(container, parts)
        case .remove(let container): parts.launcher.request(.remove(.with { $0.containerID = container })) { _ in }
        case .probe(let probe): parts.prober.probe(probe)
        case .prune(let container, let folder): parts.preparer.prune(container, folder)
        case .note(let note): log(note)
        case .stopped: onStopped()
        }
    }

    private func launch(_ launch: Agora_V1_LauncherRequest.Launch, _ parts: Parts) {
        parts.launcher.request(.launch(launch)) { reply in
            let outcome: Agent.LaunchOutcome
            switch reply {
            case .gone: outcome = .unknown
            case .answer(let answer) where answer.hasError && answer.error.code == .alreadyExists:
                // Asked twice because of a new launcher: what is there says the list.
                return parts.launcher.listAgain()
            case .answer(let answer) where answer.hasError: outcome = .failed(answer.error.message)
            case .answer(let answer):
                outcome = .started(
                    pid: answer.launched.monitorPid, started: answer.launched.startedUs.multipliedReportingOverflow(by: 1_000).partialValue)
            }
            parts.feeder.post(.launched(container: launch.containerID, outcome))
        }
    }

    private func signal(_ container: String, _ signal: UInt32, _ parts: Parts) {
        let request = Agora_V1_LauncherRequest.Signal.with {
            $0.containerID = container
            $0.signal = signal
            $0.wholeTree = true
        }
        parts.launcher.request(.signal(request)) { [logger] reply in
            if case .gone = reply { return }
            // One that has ended meanwhile is reported as such; the core waits for that.
            if let problem = reply.problem { logger.debug("no signal", metadata: ["container": "\(container)", "reason": "\(problem)"]) }
            parts.feeder.post(.signalled(container: container))
        }
    }

    private func destroy(_ container: String, _ parts: Parts) {
        parts.launcher.request(.destroy(.with { $0.containerID = container })) { [logger] reply in
            guard case .answer(let answer) = reply, answer.hasError else { return }
            logger.error("a container can't be destroyed", metadata: ["container": "\(container)", "reason": "\(answer.error.message)"])
            // Gone without a record of its end: the list shows that nothing of it is there.
            if answer.error.code == .notFound { parts.launcher.listAgain() }
        }
    }

    private func log(_ note: Agent.Note) {
        var metadata: Logger.Metadata = [:]
        for index in stride(from: 0, to: note.details.count - 1, by: 2) { metadata[note.details[index]] = "\(note.details[index + 1])" }
        switch note.level {
        case .info: logger.info("\(note.text)", metadata: metadata)
        case .warning: logger.warning("\(note.text)", metadata: metadata)
        case .error: logger.error("\(note.text)", metadata: metadata)
        }
    }
}
