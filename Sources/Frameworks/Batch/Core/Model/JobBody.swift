package import JSON
import Machine

/// The body of a request for a job, parsed outside of the core's thread; a recording holds its bytes. What it means depends on the core's flags.
package struct JobBody: Sendable {
    package let json: [UInt8]
    package let value: JSONValue

    /// - Throws: `JSONError`
    package init(json: [UInt8]) throws {
        self.json = json
        value = try JSONValue(parsing: json)
    }

    package init(_ value: JSONValue) {
        json = value.bytes
        self.value = value
    }

    /// What the job is called, as it is read from here: a number is as good as a text. Empty: it has no name.
    package var name: String { value["name"].flatMap { Members.text($0) } ?? "" }

    /// The jobs that it waits for, likewise; nil: they aren't an array.
    package var parents: [String]? { value["parents"]?.array?.compactMap { Members.text($0) } }

    /// The zone that the schedule is meant in, whose file the server must find; nil: none is named.
    package var zone: String? { value["scheduleTimeZone"]?.string.flatMap { $0.isEmpty ? nil : $0 } }
}
