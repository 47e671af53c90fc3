import ArgumentParser
import Foundation
import JSON
import NIOHTTP1

extension JobCommand {
    /// What has run, on the whole cluster or of one job: a line for each attempt.
    struct History: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "List what has run, the newest first: a line for each attempt.")
        @Argument(help: "Only this job.") var name: String?
        @Option(help: "Only runs in this state: \(JobCommand.History.states.joined(separator: ", ")).") var state: String?
        @Option(help: "So many runs.") var count = 50
        @OptionGroup var cluster: ClusterOptions

        private static let most = 10_000
        /// All that a run can be in, as batch calls them (`RunWriter`).
        static let states = ["queued", "waiting", "running", "unreachable", "succeeded", "failed", "killed", "replaced", "skipped"]

        func validate() throws {
            guard (1...Self.most).contains(count) else { throw ValidationError("--count must be from 1 to \(Self.most).") }
            if let state, !Self.states.contains(state) {
                throw ValidationError("--state takes one of \(Self.states.joined(separator: ", ")), not '\(state)'.")
            }
        }

        func run() async throws {
            try await ClusterClient.run(cluster) { client in
                var query = "?limit=\(count)"
                if let state { query += "&state=\(urlEscaped(state))" }
                let path = name.map { client.ownJob($0) + "/runs" } ?? "\(client.batch)/agora/v1/runs"
                let answer = try await client.send(.GET, path + query)
                cluster.json ? printJSON(answer) : say(JobText.history(answer["runs"]?.array ?? []))
            }
        }
    }
}

extension JobText {
    /// A line for each attempt; one for a run that had none.
    static func history(_ runs: [JSONValue]) -> String {
        var table = TextTable("DUE", "JOB", "STATE", "ATTEMPT", "NODE", "EXIT", "STARTED", "ENDED", "MESSAGE")
        for run in runs {
            let tasks = run["tasks"]?.array ?? []
            let job = run["job"]?.string ?? ""
            let due = run["due"]?.string ?? ""
            if tasks.isEmpty { table.add(due, job, run["state"]?.string ?? "", "-", "-", "-", "-", "-", message(run)) }
            for (index, task) in tasks.enumerated().reversed() {
                // The run's own state is that of its last attempt.
                let state = index == tasks.count - 1 ? run["state"]?.string : task["state"]?.string
                table.add(
                    due, job, state ?? "", "\((task["attempt"]?.integer ?? 0) + 1)", task["host"]?.string ?? "-",
                    task["exitStatus"]?.integer.map { "\($0)" } ?? "-", task["started"]?.string ?? "-", task["ended"]?.string ?? "-", message(task))
            }
        }
        return table.text(empty: "No runs.")
    }

    private static func message(_ value: JSONValue) -> String { shortened(value["message"]?.string ?? "", to: 60) }
}
