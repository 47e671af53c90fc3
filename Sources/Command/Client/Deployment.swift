import ArgumentParser
import Foundation
import Glibc
import JSON
import NIOHTTP1
import Transport

extension ClusterClient {
    /// Shows a deployment's progress until it ends: in place on a terminal, a line a change elsewhere.
    /// - Throws: `ExitCode(2)` when it does not end in time; the deployment goes on. `ClientError` when it has ended, and fewer tasks run than
    ///   wanted.
    func watch(_ deployment: String?, of apps: [String], _ options: AppCommand.Change, quiet: Bool) async throws {
        guard let deployment else { return }
        if options.detach {
            if !quiet { say("Deployment \(deployment) started.") }
            return
        }
        let deadline = ContinuousClock.now + .seconds(options.timeout)
        let isTerminal = isatty(STDOUT_FILENO) == 1
        var last = ""
        while true {
            let running = try await send(.GET, "\(services)/v2/deployments").array ?? []
            let isRunning = running.contains { $0["id"]?.string == deployment }
            let line = try await progress(apps, isRunning: isRunning)
            if !quiet, line != last {
                say(isTerminal ? "\r\u{1b}[K\(line)" : line, end: isTerminal ? "" : "\n")
                last = line
            }
            if !isRunning { break }
            if ContinuousClock.now > deadline {
                if !quiet { say("\(isTerminal ? "\n" : "")Still deploying after \(options.timeout) s. Why? agora explain \(apps.first ?? "")") }
                throw ExitCode(2)
            }
            try await Task.sleep(for: .milliseconds(100))
        }
        if !quiet, isTerminal { say("") }
        for id in apps { if let text = try await lack(id) { throw ClientError("\(text). Why? agora explain \(id)") } }
    }

    /// What an app lacks that is still not there when its deployment has ended; nil: nothing, or there is no such app any more.
    private func lack(_ id: String) async throws -> String? {
        let answer = try await exchange(.GET, try app(id))
        guard answer.status == .ok, let app = (try? JSONValue(parsing: answer.body))?["app"] else { return nil }
        let (running, wanted) = (app["tasksRunning"]?.integer ?? 0, app["instances"]?.integer ?? 0)
        return running < wanted ? "\(running) of the \(wanted) tasks of \(id) run" : nil
    }

    private func progress(_ apps: [String], isRunning: Bool) async throws -> String {
        var parts: [String] = []
        for id in apps {
            let answer = try await exchange(.GET, try app(id))
            guard answer.status == .ok, let app = (try? JSONValue(parsing: answer.body))?["app"] else {
                parts.append("\(id): gone")
                continue
            }
            var text = "\(id): \(app["tasksRunning"]?.integer ?? 0) of \(app["instances"]?.integer ?? 0) running"
            if !(app["healthChecks"]?.array ?? []).isEmpty { text += ", \(app["tasksHealthy"]?.integer ?? 0) healthy" }
            if let staged = app["tasksStaged"]?.integer, staged > 0 { text += ", \(staged) starting" }
            parts.append(text)
        }
        return parts.joined(separator: "; ") + (isRunning ? " …" : "")
    }
}
