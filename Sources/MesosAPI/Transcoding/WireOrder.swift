/// Fields may stand on the wire in any order, more than once, and several members of a oneof. Whoever walks a message wants each field once
/// (repeated ones together), in the order of declaration. Serializers write that order, so it is only checked; the rest is rewritten.
extension DescriptorPool {
    /// The field's place, if the message knows it and it stands on the wire in a way that its type allows; else it counts as unknown.
    @inline(__always)
    func known(_ wire: WireField, in message: Message) -> (place: Int, field: Field)? {
        guard let place = place(of: wire.number, in: message) else { return nil }
        let field = fields[message.fields.lowerBound + place]
        let isAccepted: Bool =
            switch field.kind {
            case .string, .bytes, .message: wire.type == .lengthDelimited
            case .double: wire.type == .fixed64 || wire.type == .lengthDelimited && field.label == .repeated
            default: wire.type == .varint || wire.type == .lengthDelimited && field.label == .repeated
            }
        return isAccepted ? (place, field) : nil
    }

    func isOrdered(_ bytes: UnsafeRawBufferPointer, _ range: Range<Int>, _ message: Message) throws(WireError) -> Bool {
        var reader = WireReader(bytes, range)
        var last = -1
        var oneofs: UInt64 = 0
        while let wire = try reader.next() {
            guard let (place, field) = known(wire, in: message) else { continue }
            if place < last || place == last && field.label != .repeated && field.label != .map { return false }
            last = place
            guard field.oneof >= 0 else { continue }
            let bit: UInt64 = 1 << UInt64(field.oneof)
            if oneofs & bit != 0 { return false }
            oneofs |= bit
        }
        return true
    }

    /// The same message in order: the last of several scalars, several messages merged, the last member of a oneof.
    func ordered(_ bytes: UnsafeRawBufferPointer, _ range: Range<Int>, _ message: Message) throws(WireError) -> [UInt8] {
        var found = [[WireField]](repeating: [], count: message.fields.count)
        var oneofMembers: [Int8: Int] = [:]
        var reader = WireReader(bytes, range)
        while let wire = try reader.next() {
            guard let (place, field) = known(wire, in: message) else { continue }
            let isSingular = field.label == .optional || field.label == .required
            if isSingular, field.kind == .enumeration, enumValueName(Int32(truncatingIfNeeded: wire.bits), of: field.type) == nil { continue }
            if field.oneof >= 0, let other = oneofMembers.updateValue(place, forKey: field.oneof), other != place { found[other] = [] }
            if isSingular, field.kind != .message { found[place] = [] }
            found[place].append(wire)
        }
        var writer = WireWriter()
        for (place, occurrences) in found.enumerated() {
            let field = fields[message.fields.lowerBound + place]
            if occurrences.count > 1, field.label == .optional || field.label == .required {
                writer.field(field.number, occurrences.flatMap { bytes[$0.payload] })
            } else {
                for wire in occurrences { writer.append(UnsafeRawBufferPointer(rebasing: bytes[wire.start..<wire.payload.upperBound])) }
            }
        }
        return writer.bytes
    }

    /// Hands the body an ordered form of the message, which is the message itself where it is in order.
    @inline(__always)
    func withOrdered(
        _ bytes: UnsafeRawBufferPointer, _ range: Range<Int>, _ message: Message,
        _ body: (UnsafeRawBufferPointer, Range<Int>) throws(WireError) -> Void
    ) throws(WireError) {
        if try isOrdered(bytes, range, message) { return try body(bytes, range) }
        let copy = try ordered(bytes, range, message)
        try copy.withUnsafeBufferPointer { (buffer) throws(WireError) in
            try body(UnsafeRawBufferPointer(buffer), 0..<buffer.count)
        }
    }
}
