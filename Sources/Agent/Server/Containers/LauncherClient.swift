import AgoraAPI
import Glibc
import Logging
import NIOCore
import NIOPosix
import SwiftProtobuf
import Synchronization

/// Keeps a launcher running and talks to it: any number of requests at a time, each with its own answer.
///
/// A launcher that dies is started again; requests under way end as `gone`, and whoever needs to know what became of them looks at the
/// list of containers that each new launcher gives first.
final class LauncherClient: Sendable {
    enum Reply: Sendable {
        case answer(Agora_V1_LauncherRecord.Answer)
        /// There is no launcher, or it went before it answered.
        case gone

        /// nil: it was done.
        var problem: String? {
            switch self {
            case .answer(let answer): answer.hasError ? answer.error.message : nil
            case .gone: "the launcher is gone"
            }
        }
    }

    struct Settings: Sendable {
        var program: String
        var workFolder: String
        var instance: String
        var cgroups: Agora_V1_LauncherRequest.Hello.Cgroups
    }

    private struct State {
        var channel: (any Channel)?
        var isReady = false
        var isStopping = false
        var next: UInt64 = 1
        var waiting: [UInt64: @Sendable (Reply) -> Void] = [:]
        /// Who waits for the end of a container that the core doesn't know.
        var watchers: [String: @Sendable (Agora_V1_ContainerExit?) -> Void] = [:]
        var hello: Agora_V1_LauncherRecord.Hello?
        var failures = 0
        var restarts = 0
    }

    private let settings: Settings
    private let logger: Logger
    private let eventLoop: any EventLoop
    private let state = Mutex(State())
    private let onReady: @Sendable (Agora_V1_LauncherRecord.Hello, [Agora_V1_LauncherRecord.Container]) -> Void
    private let onExit: @Sendable (Agora_V1_LauncherRecord.Exited) -> Void

    /// - Parameters:
    ///   - onReady: a launcher is there and has said what runs; called again for each later one, and after `list`.
    ///   - onExit: a container has ended, for which nobody waits here.
    init(
        _ settings: Settings, logger: Logger, group: any EventLoopGroup = MultiThreadedEventLoopGroup.singleton,
        onReady: @escaping @Sendable (Agora_V1_LauncherRecord.Hello, [Agora_V1_LauncherRecord.Container]) -> Void,
        onExit: @escaping @Sendable (Agora_V1_LauncherRecord.Exited) -> Void
    ) {
        self.settings = settings
        self.logger = logger
        eventLoop = group.next()
        self.onReady = onReady
        self.onExit = onExit
    }

    /// How often a launcher had to be started again.
    var restarts: Int { state.withLock { $0.restarts } }

    // MARK: The process

    func start() {
        let process: LauncherProcess
        do {
            process = try LauncherProcess(program: settings.program)
        } catch {
            logger.error("no launcher", metadata: ["error": "\(error)"])
            return startLater()
        }
        ClientBootstrap(group: eventLoop)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let pipeline = channel.pipeline.syncOperations
                    try pipeline.addHandler(ByteToMessageHandler(LauncherDecoder()))
                    try pipeline.addHandler(LauncherHandler(self))
                }
            }
            .withConnectedSocket(process.socket)
            .whenComplete { [self] result in
                switch result {
                case .success(let channel): adopt(channel, process)
                case .failure(let error):
                    logger.error("no connection to the launcher", metadata: ["error": "\(error)"])
                    close(process.socket)
                    _ = LauncherProcess.reap(process.pid)
                    startLater()
                }
            }
    }

    private func adopt(_ channel: any Channel, _ process: LauncherProcess) {
        let isStopping = state.withLock { state in
            state.channel = channel
            return state.isStopping
        }
        channel.closeFuture.whenComplete { [self] _ in ended(process) }
        if isStopping { return channel.close(promise: nil) }
        var hello = Agora_V1_LauncherRequest.Hello()
        hello.protocol = 1
        hello.workFolder = settings.workFolder
        hello.instance = settings.instance
        hello.cgroups = settings.cgroups
        request(.hello(hello), evenIfNotReady: true) { [self] reply in
            guard case .answer(let answer) = reply, case .hello(let hello) = answer.result else {
                logger.error("the launcher refuses to work", metadata: ["reason": "\(reply.problem ?? "no answer to hello")"])
                return channel.close(promise: nil)
            }
            list(hello, channel)
        }
    }

    private func list(_ hello: Agora_V1_LauncherRecord.Hello, _ channel: any Channel) {
        request(.list(.init()), evenIfNotReady: true) { [self] reply in
            guard case .answer(let answer) = reply, case .listed(let listed) = answer.result else {
                logger.error("the launcher does not say what runs", metadata: ["reason": "\(reply.problem ?? "no answer to list")"])
                return channel.close(promise: nil)
            }
            // What is asked from here on comes after the list. Requests must be possible before the core hears of it, and orders some.
            state.withLock { state in
                state.isReady = true
                state.failures = 0
                state.hello = hello
            }
            onReady(hello, listed.containers.filter { container in !isWatched(container.containerID) })
        }
    }

    /// Has the list of containers reported again, through `onReady`.
    func listAgain() {
        guard let (hello, channel) = state.withLock({ state in state.hello.flatMap { hello in state.channel.map { (hello, $0) } } }) else { return }
        list(hello, channel)
    }

    private func ended(_ process: LauncherProcess) {
        let (replies, watchers, isStopping) = state.withLock { state in
            defer {
                state.channel = nil
                state.isReady = false
                state.waiting = [:]
                state.watchers = [:]
            }
            return (
                state.waiting.keys.sorted().compactMap { state.waiting[$0] }, state.watchers.keys.sorted().compactMap { state.watchers[$0] },
                state.isStopping
            )
        }
        for reply in replies { reply(.gone) }
        for watcher in watchers { watcher(nil) }
        NIOThreadPool.singleton.submit { [self] _ in
            let status = LauncherProcess.reap(process.pid)
            guard !isStopping else { return }
            logger.error("the launcher has ended; another one is started", metadata: ["status": "\(status)"])
            startLater()
        }
    }

    private func startLater() {
        let (failures, isStopping) = state.withLock { state in
            state.failures += 1
            state.restarts += 1
            return (state.failures, state.isStopping)
        }
        guard !isStopping else { return }
        let pause = min(5_000, 50 << min(failures, 7))
        eventLoop.scheduleTask(in: .milliseconds(Int64(pause))) { [self] in start() }
    }

    /// Ends the launcher; containers run on.
    func stop() async {
        let channel = state.withLock { state in
            state.isStopping = true
            return state.channel
        }
        guard let channel else { return }
        channel.close(promise: nil)
        try? await channel.closeFuture.get()
    }

    // MARK: Requests

    /// - Parameter done: called once, on the event loop or, if there is no launcher, at once.
    func request(_ call: Agora_V1_LauncherRequest.OneOf_Call, _ done: @escaping @Sendable (Reply) -> Void) {
        request(call, evenIfNotReady: false, done)
    }

    private func request(
        _ call: Agora_V1_LauncherRequest.OneOf_Call, evenIfNotReady: Bool, _ done: @escaping @Sendable (Reply) -> Void
    ) {
        let ready: (channel: any Channel, id: UInt64)? = state.withLock { state in
            guard let channel = state.channel, state.isReady || evenIfNotReady else { return nil }
            defer { state.next += 1 }
            state.waiting[state.next] = done
            return (channel, state.next)
        }
        guard let (channel, id) = ready else { return done(.gone) }
        var request = Agora_V1_LauncherRequest()
        request.id = id
        request.call = call
        guard let frame = request.frame else {
            var answer = Agora_V1_LauncherRecord.Answer()
            answer.requestID = id
            answer.error.code = .invalid
            answer.error.message = "The request is larger than 1 MiB"
            return resolve(id, .answer(answer))
        }
        channel.writeAndFlush(ByteBuffer(bytes: frame), promise: nil)
    }

    func request(_ call: Agora_V1_LauncherRequest.OneOf_Call) async -> Reply {
        await withCheckedContinuation { continuation in request(call) { continuation.resume(returning: $0) } }
    }

    /// Has the end of a container of our own (not of a task) told to `done`; nil: the launcher went away.
    func watch(_ container: String, _ done: @escaping @Sendable (Agora_V1_ContainerExit?) -> Void) {
        state.withLock { $0.watchers[container] = done }
    }

    private func isWatched(_ container: String) -> Bool { state.withLock { $0.watchers[container] != nil } }

    func unwatch(_ container: String) {
        let watcher = state.withLock { $0.watchers.removeValue(forKey: container) }
        watcher?(nil)
    }

    fileprivate func receive(_ record: Agora_V1_LauncherRecord) {
        switch record.record {
        case .answer(let answer): resolve(answer.requestID, .answer(answer))
        case .exited(let exited):
            if let watcher = state.withLock({ $0.watchers.removeValue(forKey: exited.containerID) }) { return watcher(exited.exit) }
            onExit(exited)
        case nil: break
        }
    }

    private func resolve(_ id: UInt64, _ reply: Reply) {
        state.withLock { $0.waiting.removeValue(forKey: id) }?(reply)
    }
}

/// The channel's end of `LauncherClient`.
private final class LauncherHandler: ChannelInboundHandler {
    typealias InboundIn = Agora_V1_LauncherRecord

    private let client: LauncherClient

    init(_ client: LauncherClient) { self.client = client }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) { client.receive(unwrapInboundIn(data)) }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
}

extension LauncherClient {
    /// Ends and forgets all containers: of tasks that are to be killed anyway, when the agent ends with them.
    func removeAll() async {
        guard case .answer(let answer) = await request(.list(.init())), case .listed(let listed) = answer.result else { return }
        for container in listed.containers {
            let name = container.containerID
            if container.state == .running { _ = await request(.destroy(.with { $0.containerID = name })) }
            _ = await request(.remove(.with { $0.containerID = name }))
        }
    }
}
