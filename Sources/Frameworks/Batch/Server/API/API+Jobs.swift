import BatchCore
import FrameworkCore
import FrameworkServer
import JSON
import NIOHTTP1
import Transport

/// Jobs. Specified by Chronos 3.0 docs/api.md.
extension API {
    /// Creates or replaces a job.
    func put(_ call: Call, _ kind: Batch.Kind, _ version: JobDefinition.Version) async throws -> Reply {
        if version == .two { try require(call, .POST, .PUT) } else { try require(call, .POST) }
        if kind == .scheduled, !Self.isJSON(call) { throw Failure(.unsupportedMediaType, "The body must be application/json") }
        let bytes = try await call.body.collect()
        let body: JobBody
        do { body = try JobBody(json: bytes) } catch let error as JSONError { throw Failure(error) }
        try await ask(call, .put(body, kind, version, zone: body.zone.flatMap(zones.find)))
        return Self.noContent
    }

    private static func isJSON(_ call: Call) -> Bool {
        guard let type = call.headers.first(name: "Content-Type") else { return false }
        return type.lowercased().split(separator: ";").first.map { $0.trimmingPrefix { $0 == " " } } == "application/json"
    }

    /// Below `jobs`.
    func jobs(_ call: Call, _ rest: [String]) async throws -> Reply {
        try require(call, .GET)
        let batch = try await snapshot()
        switch rest {
        case []: return Self.list(batch.allJobs, batch)
        case ["search"]: return Self.list(try search(call.query, batch), batch, isMirrored: false)
        case ["summary"]:
            return .json { writer in
                writer.beginObject()
                writer.elements("jobs", batch.allJobs, isOmittedWhenEmpty: false) { Self.writeSummary($0, batch, into: &$1) }
                writer.endObject()
            }
        default: throw Failure.noSuchPath
        }
    }

    private static func list(_ jobs: [Job], _ batch: Batch, isMirrored: Bool = true) -> Reply {
        .json { writer in
            writer.array(jobs) { $1.definition.write(into: &$0, state: batch.state(of: $1), isMirrored: isMirrored) }
        }
    }

    /// As in Chronos, `any` adds to what `name` and `command` have found; alone, it finds by itself.
    private func search(_ query: Query, _ batch: Batch) throws -> [Job] {
        func wanted(_ name: String) -> String? { query[name].flatMap { $0.isEmpty ? nil : $0.lowercased() } }
        func holds(_ text: String, _ part: String?) -> Bool { part.map { text.lowercased().contains($0) } ?? true }
        let (limit, offset) = (try number(query, "limit", 10), try number(query, "offset", 0))
        let (name, command, either) = (wanted("name"), wanted("command"), wanted("any"))
        let found = batch.allJobs.filter { job in
            if let either, holds(job.name, either) || holds(job.definition.command, either) { return true }
            if either != nil, name == nil, command == nil { return false }
            return holds(job.name, name) && holds(job.definition.command, command)
        }
        return Array(found.dropFirst(offset).prefix(limit))
    }

    private static func writeSummary(_ job: Job, _ batch: Batch, into writer: inout JSONWriter) {
        writer.beginObject()
        writer.member("name", job.name)
        writer.member("status", Batch.status(of: job))
        writer.member("state", batch.activity(of: job))
        writer.member("schedule", batch.state(of: job).schedule ?? "")
        writer.elements("parents", job.definition.parents, isOmittedWhenEmpty: false) { $1.string($0) }
        writer.member("disabled", job.definition.isDisabled)
        writer.endObject()
    }

    /// Below `job`.
    func job(_ call: Call, _ rest: [String]) async throws -> Reply {
        switch rest.count {
        case 1: return try await job(call, named: rest[0])
        case 2 where rest[0] == "success":
            try require(call, .PUT)
            guard case .marked(let isMarked) = try await ask(call, .markSuccess(rest[1])) else { throw Failure.overloaded }
            return .text(.ok, isMarked ? "marked job \(rest[1]) as successful: true" : "marked job \(rest[1]) as successful: false")
        case 2 where rest[0] == "stat":
            try require(call, .GET)
            let batch = try await snapshot()
            let runs = batch.runs(of: try job(rest[1], in: batch))
            return .json { StatisticsWriter.write(runs, limit: settings.jobHistoryLimit, into: &$0) }
        case 4 where rest[1] == "task" && rest[3] == "progress":
            try require(call, .POST)
            try await ask(call, .progress(rest[0], task: rest[2], elements: try await Self.progress(call)))
            return Self.noContent
        default: throw Failure.noSuchPath
        }
    }

    private func job(_ call: Call, named name: String) async throws -> Reply {
        try require(call, .GET, .PUT, .DELETE)
        switch call.method {
        case .PUT: try await ask(call, .run(name, arguments: call.query["arguments"]))
        case .DELETE: try await ask(call, .delete(name))
        default:
            let batch = try await snapshot()
            let job = try job(name, in: batch)
            return .json { job.definition.write(into: &$0, state: batch.state(of: job)) }
        }
        return Self.noContent
    }

    private static func progress(_ call: Call) async throws -> Int64 {
        let value: JSONValue
        do { value = try JSONValue(parsing: try await call.body.collect()) } catch let error as JSONError { throw Failure(error) }
        let member = value["numAdditionalElementsProcessed"]
        guard let number = member?.integer ?? member?.string.flatMap({ Int64($0) }), number >= 0 else {
            throw Failure(.badRequest, "numAdditionalElementsProcessed must be a number from 0")
        }
        return number
    }

    /// Below `task`.
    func task(_ call: Call, _ rest: [String], _ version: JobDefinition.Version) async throws -> Reply {
        switch rest.count {
        case 2 where rest[0] == "kill":
            try require(call, .DELETE)
            try await ask(call, .kill(rest[1]))
        case 1 where version == .two && rest[0] == "all" && call.method == .DELETE: try await ask(call, .flush)
        case 1 where version == .two:
            try require(call, .PUT)
            throw Failure(.badRequest, "async jobs are not served; a task's end is its job's end")
        default: throw Failure.noSuchPath
        }
        return Self.noContent
    }

    /// The whole graph at a glance, in GraphViz's language or as lines of values.
    func graph(_ call: Call, _ form: String) async throws -> Reply {
        try require(call, .GET)
        let batch = try await snapshot()
        let jobs = batch.allJobs
        let edges = jobs.flatMap { job in job.definition.parents.map { (parent: $0, child: job.name) } }
        switch form {
        case "csv":
            var text = ""
            for job in jobs { text += "node,\(job.name),\(Batch.status(of: job)),\(batch.activity(of: job))\n" }
            for edge in edges { text += "link,\(edge.parent),\(edge.child)\n" }
            return .text(.ok, text)
        case "dot":
            // Looked up only.
            var numbers: [String: Int] = [:]
            var text = "digraph G {\n"
            for (index, job) in jobs.enumerated() {
                numbers[job.name] = index + 1
                text += "  \(index + 1) [ label=\"\(job.name)\" ];\n"
            }
            for edge in edges {
                if let parent = numbers[edge.parent], let child = numbers[edge.child] { text += "  \(parent) -> \(child);\n" }
            }
            return .text(.ok, text + "}\n")
        default: throw Failure.noSuchPath
        }
    }
}
