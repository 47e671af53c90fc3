import FrameworkCore
import JSON

extension JSONWriter {
    mutating func member(_ name: StaticString, _ limit: ResourceLimit) {
        switch limit {
        case .unlimited: member(name, "unlimited")
        case .number(let number): member(name, number)
        }
    }

    /// Left out when empty.
    mutating func map<Value>(_ name: StaticString, _ map: StringMap<Value>, _ write: (Value, inout JSONWriter) -> Void) {
        guard !map.isEmpty else { return }
        key(verbatim: name)
        beginObject()
        for entry in map {
            key(entry.key)
            write(entry.value, &self)
        }
        endObject()
    }

    /// The member `labels`.
    mutating func labels(_ labels: Labels, isOmittedWhenEmpty: Bool = false) {
        member("labels", labels, isOmittedWhenEmpty: isOmittedWhenEmpty)
    }

    mutating func member(_ name: StaticString, _ labels: Labels, isOmittedWhenEmpty: Bool) {
        if isOmittedWhenEmpty, labels.isEmpty { return }
        key(verbatim: name)
        beginObject()
        for label in labels {
            key(label.key)
            string(label.value)
        }
        endObject()
    }
}
