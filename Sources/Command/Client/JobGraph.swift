import ArgumentParser
import Foundation
import JSON
import NIOHTTP1

extension JobCommand {
    /// Who waits for whom, with how each has fared.
    struct Graph: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Show which jobs wait for which.")
        @Argument(help: "Only this job, and what it leads to.") var name: String?
        @Flag(help: "GraphViz's language, as in: agora job graph --dot | dot -Tsvg") var dot = false
        @OptionGroup var cluster: ClusterOptions

        func validate() throws {
            if dot, name != nil { throw ValidationError("--dot shows all jobs.") }
            if dot, cluster.json { throw ValidationError("Give --dot or --json, not both.") }
        }

        func run() async throws {
            try await ClusterClient.run(cluster) { client in
                if dot { return say(try await client.text("\(client.batch)/v1/scheduler/graph/dot"), end: "") }
                let jobs = try await client.send(.GET, "\(client.batch)/v1/scheduler/jobs/summary")["jobs"]?.array ?? []
                if let name, !jobs.contains(where: { $0["name"]?.string == name }) { throw ClientError("there is no job '\(name)'") }
                let graph = JobTree(jobs, definitions: try await client.send(.GET, "\(client.batch)/v1/scheduler/jobs").array ?? [])
                if cluster.json { return printJSON(.array(graph.shown(from: name))) }
                say(graph.text(from: name))
            }
        }
    }
}

/// Jobs as a tree of who triggers whom. One with several parents stands below the first of them, which names the others.
struct JobTree {
    /// As the summary lists them.
    private let jobs: [JSONValue]
    /// Places in `jobs`, by the parent's name; only looked up.
    private var children: [String: [Int]] = [:]
    /// What jobs begin by, as it was given, by their names; only looked up.
    private var triggers: [String: String] = [:]

    /// - Parameters:
    ///   - jobs: of `jobs/summary`.
    ///   - definitions: of `jobs`; a job without any begins by what the summary says.
    init(_ jobs: [JSONValue], definitions: [JSONValue] = []) {
        self.jobs = jobs
        for job in definitions { triggers[Self.name(job)] = JobText.trigger(job) }
        for (index, job) in jobs.enumerated() {
            if let parent = Self.parents(job).first { children[parent, default: []].append(index) }
        }
    }

    private static func parents(_ job: JSONValue) -> [String] { job["parents"]?.array?.compactMap(\.string) ?? [] }
    private static func name(_ job: JSONValue) -> String { job["name"]?.string ?? "" }

    private func roots(_ name: String?) -> [Int] {
        jobs.indices.filter { index in name.map { Self.name(jobs[index]) == $0 } ?? Self.parents(jobs[index]).isEmpty }
    }

    /// The jobs that are shown, in their order.
    func shown(from name: String?) -> [JSONValue] {
        var result: [JSONValue] = []
        walk(from: name) { index, _ in result.append(jobs[index]) }
        return result
    }

    /// Lines for people.
    func text(from name: String?) -> String {
        var rows: [(label: String, job: JSONValue)] = []
        walk(from: name) { index, lines in rows.append((lines + Self.name(jobs[index]), jobs[index])) }
        var table = TextTable("JOB", "LAST", "STATE", "BEGINS")
        for row in rows {
            table.add(
                row.label, row.job["status"]?.string ?? "", row.job["disabled"]?.bool == true ? "paused" : row.job["state"]?.string ?? "",
                beginning(row.job))
        }
        return table.text(empty: "No jobs.")
    }

    private func beginning(_ job: JSONValue) -> String {
        let parents = Self.parents(job)
        if parents.isEmpty { return triggers[Self.name(job)] ?? job["schedule"]?.string ?? "" }
        return "after " + parents.joined(separator: ", ")
    }

    /// Visits each job after the one that it stands below, with the lines that lead to it.
    private func walk(from name: String?, _ visit: (Int, String) -> Void) {
        var open = roots(name).reversed().map { (index: $0, lines: "", below: "") }
        // A server of ours has no cycles; another program's answer is not trusted to have none.
        var isVisited = Set<Int>()
        while let (index, lines, below) = open.popLast() {
            guard isVisited.insert(index).inserted else { continue }
            visit(index, lines)
            let next = children[Self.name(jobs[index])] ?? []
            for (place, child) in next.enumerated().reversed() {
                let isLast = place == next.count - 1
                open.append((child, below + (isLast ? "└─ " : "├─ "), below + (isLast ? "   " : "│  ")))
            }
        }
    }
}
