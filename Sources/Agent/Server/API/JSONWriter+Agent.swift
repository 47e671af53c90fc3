import JSON
import MesosAPI
import Resources
import SwiftProtobuf

/// Pieces that several endpoints show.
extension JSONWriter {
    mutating func member(_ name: StaticString, _ value: String) {
        key(verbatim: name)
        string(value)
    }

    mutating func member(_ name: StaticString, _ value: Bool) {
        key(verbatim: name)
        bool(value)
    }

    mutating func member(_ name: StaticString, _ value: Int) {
        key(verbatim: name)
        int(value)
    }

    mutating func member(_ name: StaticString, _ value: Double) {
        key(verbatim: name)
        double(value)
    }

    /// The amounts by name, as `/state` shows them.
    mutating func member(_ name: StaticString, _ resources: Resources) {
        key(verbatim: name)
        amounts(resources)
    }

    mutating func amounts(_ resources: Resources) {
        beginObject()
        resources.forEachTotal { name, value in
            key(name)
            switch value {
            case .scalar(let amount): number(amount.double)
            case .ranges, .set: string("\(value)")
            }
        }
        endObject()
    }

    /// Resources as messages, in the form that shows both formats.
    mutating func messages(_ resources: Resources) {
        beginArray()
        for message in resources.messages(in: .endpoint) ?? [] { message.writeMesosJSON(into: &self) }
        endArray()
    }

    mutating func member(_ name: StaticString, message: some Message) {
        key(verbatim: name)
        message.writeMesosJSON(into: &self)
    }

    mutating func member(_ name: StaticString, labels: Mesos_V1_Labels) {
        key(verbatim: name)
        beginArray()
        for label in labels.labels { label.writeMesosJSON(into: &self) }
        endArray()
    }
}
