import ArgumentParser
import BatchCore
import BatchServer
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
        static let states = BatchCore.Run.shownStates

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
    /// A line for each attempt; one for a run that had none. Where a run has several indices, a column says whose attempt it is.
    static func history(_ runs: [JSONValue]) -> String {
        let hasIndices = runs.contains { $0["completions"] != nil }
        var titles = ["DUE", "JOB", "STATE", "ATTEMPT", "NODE", "EXIT", "STARTED", "ENDED", "MESSAGE"]
        if hasIndices { titles.insert("INDEX", at: 3) }
        var table = TextTable(titles: titles)
        for run in runs {
            let tasks = run["tasks"]?.array ?? []
            var rows: [[String]] = []
            if tasks.isEmpty { rows.append([run["state"]?.string ?? "", "-", "-", "-", "-", "-", "-", message(run)]) }
            for (place, task) in tasks.enumerated().reversed() {
                let index = task["index"]?.integer.map { "\($0)" } ?? "-"
                let attempt = "\((task["attempt"]?.integer ?? 0) + 1)"
                let exit = task["exitStatus"]?.integer.map { "\($0)" } ?? "-"
                let times = [task["started"]?.string ?? "-", task["ended"]?.string ?? "-"]
                rows.append([state(of: task, at: place, run), index, attempt, task["host"]?.string ?? "-", exit, times[0], times[1], message(task)])
            }
            for row in rows {
                var cells = [run["due"]?.string ?? "", run["job"]?.string ?? ""] + row
                if !hasIndices { cells.remove(at: 3) }
                table.add(cells: cells)
            }
        }
        return table.text(empty: "No runs.")
    }

    /// The last attempt's state is the run's, or that of its index where there are several.
    private static func state(of task: JSONValue, at place: Int, _ run: JSONValue) -> String {
        let later = (run["tasks"]?.array ?? []).dropFirst(place + 1)
        if later.contains(where: { $0["index"] == task["index"] }) { return task["state"]?.string ?? "" }
        guard let index = task["index"] else { return run["state"]?.string ?? "" }
        let part = (run["indices"]?.array ?? []).first { $0["index"] == index }
        return part?["state"]?.string ?? task["state"]?.string ?? ""
    }

    private static func message(_ value: JSONValue) -> String { shortened(value["message"]?.string ?? "", to: 60) }
}
