internal import SwiftProtobuf

extension Message {
    /// The wire form. Our own messages are complete, so encoding can't fail.
    var bytes: [UInt8] {
        do {
            return try serializedBytes(partial: true)
        } catch {
            preconditionFailure("a message can't be encoded: \(error)")
        }
    }
}
