import Logging
import NIOCore
import NIOHTTP1
import NIOPosix
import ServicesCore
import Synchronization
import Transport

/// Makes health and readiness checks, so many at a time; the others wait for their turn.
///
/// Each check has a connection of its own: what is checked is also whether the task takes new ones.
final class Prober: Sendable {
    private enum Job: Sendable {
        case probe(Services.Probe)
        case question(Services.ReadinessQuestion)
    }

    private let limit: Int
    private let logger: Logger
    private let report: @Sendable (Services.Input) async -> Void
    private let jobs: AsyncStream<Job>
    private let feed: AsyncStream<Job>.Continuation

    /// - Parameter report: hands a result to the core.
    init(limit: Int, logger: Logger, report: @escaping @Sendable (Services.Input) async -> Void) {
        self.limit = max(1, limit)
        self.logger = logger
        self.report = report
        // The core has at most one check of each kind and instance under way, which bounds what waits here.
        (jobs, feed) = AsyncStream.makeStream(of: Job.self)
    }

    func check(_ probe: Services.Probe) { feed.yield(.probe(probe)) }
    func ask(_ question: Services.ReadinessQuestion) { feed.yield(.question(question)) }

    /// Works until the task is cancelled.
    func run() async throws {
        await withDiscardingTaskGroup { group in
            let room = Room(limit)
            for await job in jobs {
                await room.enter()
                group.addTask {
                    await self.work(job)
                    room.leave()
                }
            }
        }
        try Task.checkCancellation()
    }

    private func work(_ job: Job) async {
        switch job {
        case .probe(let probe): await report(.probed(probe.task, check: probe.check, await result(of: probe)))
        case .question(let question): await report(.askedReadiness(question.task, await answer(to: question)))
        }
    }

    // MARK: Health

    private func result(of probe: Services.Probe) async -> Services.ProbeResult {
        switch probe.kind {
        case .tcp:
            return await connects(probe)
        case .http, .https:
            do {
                let answer = try await ProbeConnection.get(
                    isSecure: probe.kind == .https, host: probe.host, port: probe.port, path: probe.path, timeout: .seconds(Int64(probe.timeout)))
                switch answer.status.code {
                case 200..<400: return .passed
                case 100..<200 where probe.ignoresHTTP1xx: return .ignored
                default: return .failed(cause: "HTTP \(answer.status.code) \(answer.status.reasonPhrase)")
                }
            } catch {
                return .failed(cause: "\(error)")
            }
        }
    }

    private func connects(_ probe: Services.Probe) async -> Services.ProbeResult {
        do {
            let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
                .connectTimeout(.seconds(Int64(max(1, probe.timeout))))
                .connect(host: probe.host, port: probe.port).get()
            try? await channel.close()
            return .passed
        } catch {
            return .failed(cause: "can't connect to \(probe.host):\(probe.port): \(error)")
        }
    }

    // MARK: Readiness

    private func answer(to question: Services.ReadinessQuestion) async -> Services.ReadinessAnswer {
        do {
            let answer = try await ProbeConnection.get(
                isSecure: question.isSecure, host: question.host, port: question.port, path: question.path,
                timeout: .seconds(Int64(question.timeout)))
            return .init(
                status: Int(answer.status.code), contentType: answer.headers.first(name: "Content-Type") ?? "", body: answer.text)
        } catch {
            return .init(
                status: 504, contentType: "text/plain",
                body: "Marathon could not query http\(question.isSecure ? "s" : "")://\(question.host):\(question.port)\(question.path): \(error)")
        }
    }
}

/// Lets so many in at a time.
private final class Room: Sendable {
    private struct State {
        var free: Int
        var waiting: [CheckedContinuation<Void, Never>] = []
    }

    private let state: Mutex<State>

    init(_ size: Int) { state = Mutex(State(free: size)) }

    func enter() async {
        await withCheckedContinuation { continuation in
            let isIn = state.withLock { state in
                guard state.free == 0 else {
                    state.free -= 1
                    return true
                }
                state.waiting.append(continuation)
                return false
            }
            if isIn { continuation.resume() }
        }
    }

    func leave() {
        let next = state.withLock { state -> CheckedContinuation<Void, Never>? in
            guard state.waiting.isEmpty else { return state.waiting.removeFirst() }
            state.free += 1
            return nil
        }
        next?.resume()
    }
}
