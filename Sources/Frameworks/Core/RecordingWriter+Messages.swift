package import Machine
package import SwiftProtobuf

extension RecordingWriter {
    package mutating func put(_ message: some Message) {
        // A message that was parsed can be written again; one that lacks a required field would be our own fault.
        do { put(try message.serializedBytes(partial: true) as [UInt8]) } catch { preconditionFailure("a message can't be written: \(error)") }
    }
}

extension RecordingReader {
    package mutating func message<Value: Message>() throws(RecordingError) -> Value {
        let bytes = try data()
        do { return try Value(serializedBytes: bytes, partial: true) } catch { throw .invalid("message") }
    }
}
