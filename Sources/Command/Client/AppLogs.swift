import ArgumentParser
import Foundation
import JSON
import NIOHTTP1

extension AppCommand {
    struct AppLogs: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "logs", abstract: "Print what an app's tasks have written; when none runs, what the newest one had.")
        @Argument var id: String
        @Flag(name: .shortAndLong, help: "Go on as the tasks write; Ctrl-C ends it.") var follow = false
        @Flag(help: "Standard error instead of standard output.") var stderr = false
        @Option(help: ArgumentHelp("Only this task, which may have ended.", valueName: "id")) var task: String?
        @OptionGroup var cluster: ClusterOptions

        func run() async throws {
            try await ClusterClient.run(cluster) { client in
                let file = stderr ? "stderr" : "stdout"
                var offsets: [String: Int64] = [:]
                repeat {
                    var logs = try await client.logs(of: id, file: file).filter { task == nil || $0.task == task }
                    if logs.isEmpty, let ended = try await client.endedLog(of: id, task: task, file: file) { logs = [ended] }
                    if logs.isEmpty, !follow { throw ClientError((task.map { "no task \($0)" } ?? "no task") + " of \(appPath(id)) is known") }
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
        let tasks = try await send(.GET, try app(id))["app"]?["tasks"]?.array ?? []
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

    /// Where a task of an app wrote that has ended: the newest one that the master and the agent still know.
    /// - Parameter task: nil: any.
    func endedLog(of id: String, task: String?, file: String) async throws -> TaskLog? {
        // No part of an app's id has an underscore.
        let prefix = appPath(id).split(separator: "/").joined(separator: "_") + ".instance-"
        let query = task.map { "task_id=\(urlEscaped($0))" } ?? "limit=\(Self.mostTasks)"
        // The newest first.
        let tasks = try await send(.GET, "\(master)/tasks?\(query)")["tasks"]?.array ?? []
        let nodes = try await send(.GET, "\(master)/slaves")["slaves"]?.array ?? []
        for entry in tasks {
            guard let taskID = entry["id"]?.string, taskID.hasPrefix(prefix), let state = entry["state"]?.string, Self.endStates.contains(state),
                let address = nodes.first(where: { $0["id"] == entry["slave_id"] })?["pid"]?.string?.split(separator: "@").last
            else { continue }
            let agent = "http://\(address)"
            guard let directory = Self.sandbox(of: taskID, in: try await send(.GET, "\(agent)/state")) else { continue }
            return TaskLog(task: taskID, agent: agent, path: "\(directory)/\(file)")
        }
        return nil
    }

    /// Among so many of the cluster's newest tasks one that has ended is looked for.
    private static let mostTasks = 10_000
    /// What a task is in that has ended where its agent can still tell.
    private static let endStates = ["TASK_FINISHED", "TASK_FAILED", "TASK_KILLED", "TASK_ERROR"]

    private static func sandbox(of task: String, in state: JSONValue) -> String? {
        func members(_ value: JSONValue, _ name: String) -> [JSONValue] { value[name]?.array ?? [] }
        for framework in members(state, "frameworks") + members(state, "completed_frameworks") {
            for executor in members(framework, "executors") + members(framework, "completed_executors") {
                let tasks = members(executor, "tasks") + members(executor, "completed_tasks")
                if executor["id"]?.string == task || tasks.contains(where: { $0["id"]?.string == task }) { return executor["directory"]?.string }
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
