import FrameworkCore
import Machine

extension Services {
    /// What the input being handled has led to so far.
    struct Output: Sendable {
        var effects: [Effect] = []
        var changes: [Change] = []
        /// Instances to be stored, each once; what they are at the end counts.
        var changed: [Handle<Instance>] = []
        /// Never iterated.
        var isChanged: Set<Handle<Instance>> = []
        /// The newest version of the root group is to be stored.
        var isHistoryChanged = false
        var wakeTime: Int64?
    }

    mutating func emit(_ event: Event) { output.effects.append(.emit(event)) }

    mutating func put(_ table: String, _ key: String, _ value: [UInt8]) {
        output.changes.append(.put(table: table, key: key, value: value))
    }

    mutating func remove(_ table: String, _ key: String) { output.changes.append(.remove(table: table, key: key)) }

    /// The orders of this input: first what must be on disk, then all that may be seen, then when to be woken.
    mutating func release() -> [Effect] {
        for handle in output.changed where instances.contains(handle) {
            let instance = instances[handle]
            output.changes.append(.put(table: "instances", key: instance.id.description, value: instance.stored))
        }
        if output.isHistoryChanged, let change = history.last { put("history", change.version.description, change.stored) }
        var effects: [Effect] = output.changes.isEmpty ? [] : [.store(output.changes)]
        effects += output.effects
        if let next = timers.next, next != output.wakeTime {
            effects.append(.wake(at: next))
            output.wakeTime = next
        }
        let wakeTime = output.wakeTime
        output = Output()
        output.wakeTime = timers.next == nil ? nil : wakeTime
        return effects
    }
}
