import BatchCore
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
        return definitions.indices.map { index in
            Finding(name: names[index], error: ask(definitions[index]), unknownParents: parents[index].filter { !names.contains($0) })
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
