package import BatchCore
import FrameworkCore
package import JSON
package import Machine

/// Says of definitions what the server would say of them, without a server: a scheduler of its own is asked to take them.
package struct JobValidator {
    /// What is to be said of one definition.
    package struct Finding: Hashable, Sendable {
        /// Empty if it has none.
        package let name: String
        /// What the server would refuse it with; nil: it would take it.
        package let error: String?
        /// Parents that are not among the definitions: the cluster must know them.
        package let unknownParents: [String]
        /// What the server would take, but is hardly what was meant; a line each.
        package let warnings: [String]
    }

    private var batch = Batch()
    private let zones = ZoneFiles()
    private let now: Moment
    private var number: UInt64 = 0

    /// - Parameter now: empty starts of schedules are meant as of now.
    package init(at now: Moment) {
        self.now = now
        _ = batch.handle(.started(.init(seed: 0, configuration: Configuration(), entries: [], zones: [])), at: now)
    }

    /// Parents may be among the definitions themselves, in any order; of two with the same name, the later one counts.
    package mutating func check(_ definitions: [JSONValue]) -> [Finding] {
        let bodies = definitions.map { JobBody($0) }
        let names = bodies.map(\.name)
        let parents = bodies.map { $0.parents ?? [] }
        // A job may name a parent that comes behind it: each has a stand-in until its own turn.
        for name in Set(names + parents.joined()).sorted() where !name.isEmpty {
            _ = ask(["name": .string(name), "command": "true", "schedule": "R0//PT1H"])
        }
        var seen: Set<String> = []
        return definitions.indices.map { index in
            var warnings = Self.warnings(definitions[index])
            if !names[index].isEmpty, !seen.insert(names[index]).inserted {
                warnings.append("an earlier job has the same name; this one replaces it")
            }
            return Finding(
                name: names[index], error: ask(definitions[index]), unknownParents: parents[index].filter { !names.contains($0) },
                warnings: warnings)
        }
    }

    /// - Returns: what it is refused with; nil: it is taken.
    private mutating func ask(_ definition: JSONValue) -> String? {
        number += 1
        let body = JobBody(definition)
        let kind: Batch.Kind = definition["parents"]?.array == nil ? .scheduled : .dependent
        let request = Batch.Request.put(body, kind, .three, zone: body.zone.flatMap(zones.find))
        for case .answer(_, .refused(let refusal)) in batch.handle(.asked(number: number, Origin(), request), at: now) {
            return Failure(refusal).message
        }
        return nil
    }
}

// MARK: - Warnings

extension JobValidator {
    /// What a job may have: what `JobDefinition` reads, and what is shown of a job and ignored when it is sent back.
    private static let members: Set<String> = [
        "name", "command", "shell", "arguments", "executor", "executorFlags", "taskInfoData", "retries", "owner", "ownerName", "description", "cpus",
        "mem", "disk", "disabled", "softError", "dataProcessingJobType", "highPriority", "runAsUser", "concurrent", "maxCompletionTime", "fetch",
        "uris", "environmentVariables", "constraints", "async", "container", "parents", "schedule", "cron", "schedules", "scheduleTimeZone",
        "epsilon", "concurrencyPolicy", "catchUp", "retryDelaySeconds", "retryDelayLimitSeconds", "unreachableTimeoutSeconds", "retryFactor",
        "retryOnExitCodes", "historyLimit", "completions", "parallelism", "requiredSuccesses", "triggerRule", "parameters", "labels", "notifyOn",
        "maxLaunchDelaySeconds", "retryWindowSeconds", "killGraceSeconds", "scheduleId", "noDisk", "successCount", "errorCount", "lastSuccess",
        "lastError", "errorsSinceLastSuccess", "originalSchedule", "nextRun"
    ]

    /// What the objects within have. A container is refused, or none at all.
    private static let innerMembers: [(name: String, members: Set<String>)] = [
        ("fetch", ["uri", "executable", "cache", "extract", "output_file"]), ("environmentVariables", ["name", "value"]),
        ("parameters", ["required", "optional", "payload"])
    ]

    private static func warnings(_ definition: JSONValue) -> [String] {
        guard let object = definition.object else { return [] }
        var result = unknown(object, members, "")
        for (name, members) in innerMembers {
            if let inner = object[name]?.object { result += unknown(inner, members, "\(name).") }
            for (index, element) in (object[name]?.array ?? []).enumerated() {
                if let inner = element.object { result += unknown(inner, members, "\(name)[\(index)].") }
            }
        }
        if object["command"].map({ $0.isNull || $0.string == "" }) ?? true { result.append("it has no command") }
        for (name, outcome) in [("cpus", "its default"), ("mem", "its default"), ("disk", "its default"), ("retries", "0")] {
            let number = object[name].flatMap { (value: JSONValue) -> Double? in value.double ?? value.string.flatMap { Double($0) } }
            if let number, number < 0 { result.append("\(name) is negative, and taken as \(outcome)") }
        }
        return result
    }

    /// - Parameter path: where the object stands, for messages: empty, or `fetch[0].`.
    private static func unknown(_ object: JSONObject, _ members: Set<String>, _ path: String) -> [String] {
        var seen: Set<String> = []
        var result: [String] = []
        for member in object {
            if !seen.insert(member.name).inserted {
                result.append("\(path)\(member.name) stands there twice; the last one counts")
            } else if !members.contains(member.name) {
                result.append("nothing knows \(path)\(member.name)")
            }
        }
        return result
    }
}

extension Batch.Refusal {
    /// As Chronos's API words it.
    package var reason: String { Failure(self).message }
}
