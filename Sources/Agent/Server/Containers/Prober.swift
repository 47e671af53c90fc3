import AgentCore
import AgoraAPI
import AsyncHTTPClient
import Logging
import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL

/// Carries out the probes of health checks and checks: HTTP and TCP by itself, commands through the launcher.
final class Prober: Sendable {
    private let launcher: LauncherClient
    private let client: HTTPClient
    private let group = MultiThreadedEventLoopGroup.singleton
    private let post: @Sendable (Agent.Input) -> Void

    /// For probes without a timeout of their own: something must come of each.
    private static let longest = TimeAmount.minutes(10)

    init(launcher: LauncherClient, post: @escaping @Sendable (Agent.Input) -> Void) {
        self.launcher = launcher
        self.post = post
        var configuration = HTTPClient.Configuration(redirectConfiguration: .follow(max: 5, allowCycles: false))
        configuration.tlsConfiguration = .clientDefault
        configuration.tlsConfiguration?.certificateVerification = .none
        // A check is about a fresh connection, not about one that was once made.
        configuration.connectionPool.idleTimeout = .milliseconds(1)
        configuration.connectionPool.retryConnectionEstablishment = false
        configuration.httpVersion = .http1Only
        client = HTTPClient(eventLoopGroup: group, configuration: configuration)
    }

    func shutdown() async { try? await client.shutdown().get() }

    func probe(_ probe: Probe) {
        let answer: @Sendable (Probe.Result) -> Void = { [post] result in
            post(.probed(container: probe.container, probe.kind, number: probe.number, result))
        }
        let limit = probe.timeout.map { TimeAmount.nanoseconds($0) } ?? Self.longest
        switch probe.target {
        case .command(let command, let environment): run(command, environment, probe, limit, answer)
        case .http(let scheme, let port, let path, let isIPv6): get(scheme, port, path, isIPv6, limit, answer)
        case .tcp(let port, let isIPv6): connect(port, isIPv6, limit, answer)
        }
    }

    private func run(
        _ command: Agora_V1_ContainerCommand, _ environment: [String], _ probe: Probe, _ limit: TimeAmount,
        _ answer: @escaping @Sendable (Probe.Result) -> Void
    ) {
        var exec = Agora_V1_LauncherRequest.Exec()
        exec.containerID = probe.container
        exec.command = command
        exec.environment = environment
        exec.workingFolder = probe.folder
        exec.timeoutMs = UInt64(max(1, limit.nanoseconds / 1_000_000))
        launcher.request(.exec(exec)) { reply in
            guard case .answer(let reply) = reply else { return answer(.unavailable) }
            guard case .executed(let executed) = reply.result else {
                // A launcher that can't do it now is our own trouble, not the task's.
                return answer(reply.error.code == .tooMany || reply.error.code == .system ? .unavailable : .failed(reply.error.message))
            }
            if executed.timedOut { return answer(.timedOut) }
            switch executed.outcome {
            case .status(let status): answer(.exited(Int32(truncatingIfNeeded: status)))
            case .signal(let signal): answer(.failed("the command of the check was ended by signal \(signal)"))
            case nil: answer(.failed("the command of the check ended without a word"))
            }
        }
    }

    private func get(
        _ scheme: String, _ port: UInt32, _ path: String, _ isIPv6: Bool, _ limit: TimeAmount, _ answer: @escaping @Sendable (Probe.Result) -> Void
    ) {
        let host = isIPv6 ? "[::1]" : "127.0.0.1"
        guard let request = try? HTTPClient.Request(url: "\(scheme)://\(host):\(port)\(path)") else {
            return answer(.failed("'\(scheme)://\(host):\(port)\(path)' is not a URL"))
        }
        client.execute(request: request, delegate: StatusDelegate(), deadline: .now() + limit).futureResult.whenComplete { result in
            switch result {
            case .success(let status): answer(.answered(status: UInt32(status.code)))
            case .failure(let error as HTTPClientError) where error == .deadlineExceeded || error == .connectTimeout || error == .readTimeout:
                answer(.timedOut)
            case .failure(let error): answer(.failed("no answer from \(host):\(port): \(error)"))
            }
        }
    }

    private func connect(_ port: UInt32, _ isIPv6: Bool, _ limit: TimeAmount, _ answer: @escaping @Sendable (Probe.Result) -> Void) {
        let host = isIPv6 ? "::1" : "127.0.0.1"
        guard port <= 65_535 else { return answer(.failed("\(port) is not a port")) }
        ClientBootstrap(group: group).connectTimeout(limit).connect(host: host, port: Int(port)).whenComplete { result in
            switch result {
            case .success(let channel):
                channel.close(promise: nil)
                answer(.connected)
            case .failure(ChannelError.connectTimeout): answer(.timedOut)
            case .failure(let error): answer(.failed("nothing listens on \(host):\(port): \(error)"))
            }
        }
    }
}

/// Wants the status only; the body is dropped as it comes.
private final class StatusDelegate: HTTPClientResponseDelegate, @unchecked Sendable {
    // Sendable: the client calls it from one event loop only.
    typealias Response = HTTPResponseStatus

    private var status = HTTPResponseStatus.internalServerError

    func didReceiveHead(task: HTTPClient.Task<Response>, _ head: HTTPResponseHead) -> EventLoopFuture<Void> {
        status = head.status
        return task.eventLoop.makeSucceededVoidFuture()
    }

    func didFinishRequest(task: HTTPClient.Task<Response>) throws -> HTTPResponseStatus { status }
}
