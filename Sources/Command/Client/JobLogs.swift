import ArgumentParser
import JSON
import NIOHTTP1

extension JobCommand {
    struct Logs: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Print what the newest run of a job has written.")
        @Argument var name: String
        @Option(help: ArgumentHelp("Another run, by its due time as `runs` prints it.", valueName: "time")) var run: String?
        @Option(help: "Of a run with several indices, the task of this one.") var index: Int64?
        @Flag(help: "Standard error instead of standard output.") var stderr = false
        @OptionGroup var cluster: ClusterOptions

        func run() async throws {
            try await ClusterClient.run(cluster) { client in
                let runs = try await client.send(.GET, client.ownJob(name) + "/runs")["runs"]?.array ?? []
                let chosen = runs.first { run == nil ? $0["tasks"]?.array?.isEmpty == false : $0["due"]?.string == run }
                let task = chosen?["tasks"]?.array?.last { index == nil || $0["index"]?.integer == index }
                guard let task, let sandbox = task["sandbox"]?.string else {
                    throw ClientError("no task of \(name)" + (run.map { " at \($0)" } ?? "") + (index.map { " with the index \($0)" } ?? ""))
                }
                let nodes = try await client.send(.GET, "\(client.master)/slaves")["slaves"]?.array ?? []
                guard let address = nodes.first(where: { $0["id"] == task["slaveId"] })?["pid"]?.string?.split(separator: "@").last else {
                    throw ClientError("the node \(task["host"]?.string ?? "") is not there")
                }
                if index == nil, let hint = JobText.indexHint(chosen ?? .null, task) { complain(hint) }
                let log = TaskLog(task: task["id"]?.string ?? "", agent: "http://\(address)", path: "\(sandbox)/\(stderr ? "stderr" : "stdout")")
                var offset: Int64 = 0
                _ = try await client.copy(log, from: &offset, prefix: "")
            }
        }
    }
}

extension JobText {
    /// Which of several indices is shown that nobody has chosen; nil: the run has but one.
    static func indexHint(_ run: JSONValue, _ task: JSONValue) -> String? {
        guard let count = run["completions"]?.integer, count > 1, let index = task["index"]?.integer else { return nil }
        return "index \(index) of 0 to \(count - 1); --index shows another one"
    }
}
