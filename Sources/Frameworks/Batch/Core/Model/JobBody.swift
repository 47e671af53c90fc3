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

    /// The zone that the schedule is meant in, whose file the server must find; nil: none is named.
    package var zone: String? { value["scheduleTimeZone"]?.string.flatMap { $0.isEmpty ? nil : $0 } }
}
