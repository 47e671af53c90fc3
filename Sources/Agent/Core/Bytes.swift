internal import SwiftProtobuf

// SwiftProtobuf's bytes fields are Foundation's `Data`, which a core can't name. These two convert without naming it.

extension [UInt8] {
    /// The same bytes as the field that they are assigned to wants them.
    func field<Field: RangeReplaceableCollection>() -> Field where Field.Element == UInt8 { Field(self) }
}

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
