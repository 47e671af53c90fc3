import Foundation
import Glibc
import NIOHTTP1
import Transport

/// Keeps the servers of one machine running: a child that dies is started again, with back-off, and people are told.
actor Supervisor {
    struct Part: Sendable {
        let name: String
        let arguments: [String]
        /// Answers 200 once the server is ready, or 401 if it wants credentials that nobody has given here.
        let health: String
        /// What tells it to end.
        let stopSignal: Int32
    }

    private let parts: [Part]
    private let logs: String
    private let client: ClusterClient
    private var children: [String: Child] = [:]
    private var policies: [String: RestartPolicy] = [:]
    private var watchers: [Task<Void, Never>] = []
    private var isStopping = false
    private var hasBeenHealthy = false
    private var failure: String?

    init(_ parts: [Part], logs: String, client: ClusterClient) {
        self.parts = parts
        self.client = client
        self.logs = logs
    }

    /// Starts all parts at once; each waits for those that it needs.
    func start() throws {
        for part in parts {
            try launch(part)
            watchers.append(Task { await self.watch(part) })
        }
    }

    /// Returns at the first signal.
    nonisolated func run(until signals: Signals) async { await signals.first() }

    /// - Throws: with the last line that a server wrote, when one ended before all were ready; or when the time is over.
    func waitUntilHealthy(within limit: Duration) async throws {
        let deadline = ContinuousClock.now + limit
        for part in parts {
            while true {
                if let failure { throw ClientError(failure) }
                if await isAlive(part) { break }
                if ContinuousClock.now > deadline { throw ClientError("\(part.name) is not ready after \(limit); see \(log(part))") }
                try await Task.sleep(for: .milliseconds(20))
            }
        }
        hasBeenHealthy = true
    }

    private func isAlive(_ part: Part) async -> Bool {
        guard let answer = try? await client.exchange(.GET, part.health) else { return false }
        return answer.status == .ok || answer.status == .unauthorized
    }

    /// Ends all parts, those that start tasks before those that run them, each within a deadline.
    /// Only an agent that listens can end its tasks, so one that has just died is started once more.
    func stop() async {
        isStopping = true
        for part in parts.reversed() {
            if failure == nil, part.stopSignal == SIGUSR1 { await makeReady(part) }
            await end(part)
        }
        for watcher in watchers { watcher.cancel() }
    }

    private func makeReady(_ part: Part) async {
        if children[part.name] == nil {
            do { try launch(part) } catch { return say("\(part.name): \(error)") }
            if let child = children[part.name] {
                Task {
                    _ = await child.waitForEnd()
                    ended(child)
                }
            }
        }
        let deadline = ContinuousClock.now + .seconds(10)
        while children[part.name] != nil, ContinuousClock.now < deadline {
            if await isAlive(part) { return }
            try? await Task.sleep(for: .milliseconds(10))
        }
        say("\(part.name) doesn't answer, so its tasks may be left running; the next start finds them.")
    }

    private func ended(_ child: Child) {
        if children[child.name] === child { children[child.name] = nil }
    }

    private func end(_ part: Part) async {
        guard let child = children[part.name] else { return }
        child.signal(part.stopSignal)
        let deadline = ContinuousClock.now + .seconds(20)
        var again = ContinuousClock.now + .seconds(1)
        while children[part.name] != nil {
            // A signal that comes while a server is just starting to listen to signals is lost.
            if ContinuousClock.now > again {
                child.signal(part.stopSignal)
                again += .seconds(1)
            }
            if ContinuousClock.now > deadline {
                say("\(part.name) does not end; killing it.")
                child.signal(SIGKILL)
                children[part.name] = nil
            }
            try? await Task.sleep(for: .milliseconds(10))
        }
    }

    private func launch(_ part: Part) throws {
        children[part.name] = try Child(name: part.name, program: Self.program, arguments: part.arguments + ["--exit-with-parent"], log: log(part))
    }

    private func watch(_ part: Part) async {
        while !isStopping, let child = children[part.name] {
            let end = await child.waitForEnd()
            ended(child)
            guard !isStopping else { return }
            let run = Int(min((ContinuousClock.now - child.started) / .milliseconds(1), 1e9))
            if !hasBeenHealthy {
                failure = lastLine(part) ?? "\(part.name) \(end); see \(log(part))"
                return
            }
            let delay = policies[part.name, default: RestartPolicy()].delay(afterRunOf: run)
            say("\(part.name) \(end)\(lastLine(part).map { ": \($0)" } ?? ""); starting it again\(delay == 0 ? "" : " in \(delay) ms").")
            try? await Task.sleep(for: .milliseconds(delay))
            guard !isStopping else { return }
            do { try launch(part) } catch { say("\(part.name): \(error)") }
        }
    }

    private nonisolated func log(_ part: Part) -> String { "\(logs)/\(part.name).log" }

    /// The line by which a server that can't start says why: `agora: …`.
    private func lastLine(_ part: Part) -> String? {
        guard let text = try? String(contentsOfFile: log(part), encoding: .utf8) else { return nil }
        return text.split(separator: "\n").last { $0.hasPrefix("agora: ") }.map { String($0.dropFirst("agora: ".count)) }
    }

    private static var program: String { (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? CommandLine.arguments[0] }
}
