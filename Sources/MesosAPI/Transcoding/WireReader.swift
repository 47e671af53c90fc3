/// Why bytes are not a protobuf message.
public enum WireError: Error, Hashable, Sendable, CustomStringConvertible {
    case truncated
    case malformedVarint
    case malformedTag
    case unbalancedGroup
    case tooDeep

    public var description: String {
        switch self {
        case .truncated: "a field ends beyond its message"
        case .malformedVarint: "a number is longer than 64 bits"
        case .malformedTag: "a field has an invalid number or wire type"
        case .unbalancedGroup: "a group has no end, or an end no group"
        case .tooDeep: "messages are nested deeper than \(WireReader.deepest) levels"
        }
    }
}

/// One field as it stands on the wire.
struct WireField {
    enum WireType: UInt8 {
        case varint = 0
        case fixed64 = 1
        case lengthDelimited = 2
        case group = 3
        case fixed32 = 5
    }

    let number: UInt32
    let type: WireType
    /// The number of a varint or fixed field, as its bits.
    let bits: UInt64
    /// Where the tag begins.
    let start: Int
    /// The payload of a length-delimited field; for others what follows the tag.
    let payload: Range<Int>
}

/// Reads the fields of one message, in the order of the wire.
struct WireReader {
    /// How deep messages (and unknown groups) may be nested. Parsers of protobuf stop at 100; a little more, so that what they let pass
    /// is never too deep here.
    static let deepest = 110

    let bytes: UnsafeRawBufferPointer
    private var offset: Int
    private let end: Int

    init(_ bytes: UnsafeRawBufferPointer, _ range: Range<Int>) {
        self.bytes = bytes
        offset = range.lowerBound
        end = range.upperBound
    }

    /// The next field, or nil at the end of the message.
    mutating func next() throws(WireError) -> WireField? {
        guard offset < end else { return nil }
        let start = offset
        let (number, wireType) = try tag()
        let payloadStart = offset
        switch wireType {
        case 0:
            let bits = try varint()
            return WireField(number: number, type: .varint, bits: bits, start: start, payload: payloadStart..<offset)
        case 1:
            return WireField(number: number, type: .fixed64, bits: try fixed(8), start: start, payload: payloadStart..<offset)
        case 2:
            let length = try varint()
            guard length <= UInt64(end - offset) else { throw .truncated }
            let payload = offset..<(offset + Int(length))
            offset = payload.upperBound
            return WireField(number: number, type: .lengthDelimited, bits: 0, start: start, payload: payload)
        case 3:
            try skipGroup(number, depth: 1)
            return WireField(number: number, type: .group, bits: 0, start: start, payload: payloadStart..<offset)
        case 4: throw .unbalancedGroup
        case 5:
            return WireField(number: number, type: .fixed32, bits: try fixed(4), start: start, payload: payloadStart..<offset)
        default: throw .malformedTag
        }
    }

    /// The next number of a packed field, or nil at its end.
    mutating func nextPacked(_ kind: DescriptorPool.Kind) throws(WireError) -> UInt64? {
        guard offset < end else { return nil }
        return kind == .double ? try fixed(8) : try varint()
    }

    private mutating func tag() throws(WireError) -> (number: UInt32, type: UInt64) {
        let tag = try varint()
        guard let number = UInt32(exactly: tag >> 3), (1...0x1fff_ffff).contains(number) else { throw .malformedTag }
        return (number, tag & 7)
    }

    @inline(__always)
    private mutating func varint() throws(WireError) -> UInt64 {
        guard offset < end else { throw .truncated }
        let first = bytes[offset]
        if first < 0x80 {
            offset += 1
            return UInt64(first)
        }
        return try longVarint()
    }

    private mutating func longVarint() throws(WireError) -> UInt64 {
        var value: UInt64 = 0
        var shift: UInt64 = 0
        while offset < end {
            let byte = bytes[offset]
            offset += 1
            value |= UInt64(byte & 0x7f) << shift
            if byte < 0x80 { return value }
            shift += 7
            guard shift < 70 else { throw .malformedVarint }
        }
        throw .truncated
    }

    private mutating func fixed(_ count: Int) throws(WireError) -> UInt64 {
        guard end - offset >= count else { throw .truncated }
        var value: UInt64 = 0
        for index in 0..<count { value |= UInt64(bytes[offset + index]) << UInt64(index * 8) }
        offset += count
        return value
    }

    private mutating func skipGroup(_ opened: UInt32, depth: Int) throws(WireError) {
        guard depth <= Self.deepest else { throw .tooDeep }
        while offset < end {
            let (number, wireType) = try tag()
            switch wireType {
            case 0: _ = try varint()
            case 1: _ = try fixed(8)
            case 2:
                let length = try varint()
                guard length <= UInt64(end - offset) else { throw .truncated }
                offset += Int(length)
            case 3: try skipGroup(number, depth: depth + 1)
            case 4:
                guard number == opened else { throw .unbalancedGroup }
                return
            case 5: _ = try fixed(4)
            default: throw .malformedTag
            }
        }
        throw .unbalancedGroup
    }
}
