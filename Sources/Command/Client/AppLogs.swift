import ArgumentParser
import Foundation
import JSON
import NIOHTTP1

extension AppCommand {
    struct AppLogs: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "logs", abstract: "Print what an app's tasks have written.")
        @Argument var id: String
        @Flag(name: .shortAndLong, help: "Go on as the tasks write; Ctrl-C ends it.") var follow = false
        @Flag(help: "Standard error instead of standard output.") var stderr = false
        @Option(help: ArgumentHelp("Only this task.", valueName: "id")) var task: String?
        @OptionGroup var cluster: ClusterOptions

        func run() async throws {
            try await ClusterClient.run(cluster) { client in
                let file = stderr ? "stderr" : "stdout"
                var offsets: [String: Int64] = [:]
                repeat {
                    let logs = try await client.logs(of: id, file: file).filter { task == nil || $0.task == task }
                    if logs.isEmpty, !follow { throw ClientError("no running task" + (task.map { " \($0)" } ?? " of \(appPath(id))")) }
                    var wroteAny = false
                    for log in logs {
                        let prefix = logs.count > 1 ? String(log.task.suffix(16)) + " | " : ""
                        wroteAny = try await client.copy(log, from: &offsets[log.task, default: 0], prefix: prefix) || wroteAny
                    }
                    if follow, !wroteAny { try await Task.sleep(for: .milliseconds(300)) }
                } while follow
            }
        }
    }
}

struct TaskLog {
    let task: String
    /// `http://ip:port` of the agent's own API, and the file's path there.
    let agent: String
    let path: String
}

extension ClusterClient {
    /// Where the running tasks of an app write: from services the tasks, from the master their agents, from these the sandboxes.
    func logs(of id: String, file: String) async throws -> [TaskLog] {
        let tasks = try await send(.GET, "\(services)/v2/apps\(urlEscaped(appPath(id)))")["app"]?["tasks"]?.array ?? []
        let nodes = try await send(.GET, "\(master)/slaves")["slaves"]?.array ?? []
        var states: [String: JSONValue] = [:]
        var logs: [TaskLog] = []
        for task in tasks {
            guard let taskID = task["id"]?.string, let node = nodes.first(where: { $0["id"] == task["slaveId"] }),
                let address = node["pid"]?.string?.split(separator: "@").last
            else { continue }
            let agent = "http://\(address)"
            if states[agent] == nil { states[agent] = try await send(.GET, "\(agent)/state") }
            guard let directory = Self.sandbox(of: taskID, in: states[agent] ?? .null) else { continue }
            logs.append(TaskLog(task: taskID, agent: agent, path: "\(directory)/\(file)"))
        }
        return logs
    }

    private static func sandbox(of task: String, in state: JSONValue) -> String? {
        for framework in state["frameworks"]?.array ?? [] {
            for executor in framework["executors"]?.array ?? []
            where executor["id"]?.string == task || (executor["tasks"]?.array ?? []).contains(where: { $0["id"]?.string == task }) {
                return executor["directory"]?.string
            }
        }
        return nil
    }

    /// Prints what the file has beyond `offset`.
    /// - Returns: whether there was anything.
    func copy(_ log: TaskLog, from offset: inout Int64, prefix: String) async throws -> Bool {
        var wroteAny = false
        while true {
            let answer = try await send(.GET, "\(log.agent)/files/read?path=\(urlEscaped(log.path))&offset=\(offset)&length=65536")
            guard let data = answer["data"]?.string, !data.isEmpty else { return wroteAny }
            offset += Int64(data.utf8.count)
            wroteAny = true
            guard !prefix.isEmpty else {
                say(data, end: "")
                continue
            }
            for line in data.split(separator: "\n", omittingEmptySubsequences: true) { say(prefix + line) }
        }
    }
}
