import SwiftProtobuf

/// Protobuf's wire format, as far as messages must be put together or changed without being parsed: TaskInfo and TaskStatus travel through
/// the master as bytes.
/// Specified by https://protobuf.dev/programming-guides/encoding/.
package struct WireWriter: Sendable {
    package private(set) var bytes: [UInt8] = []

    package init() {}

    package mutating func varint(_ field: Int, _ value: UInt64) {
        raw(UInt64(field) << 3)
        raw(value)
    }

    package mutating func varint(_ field: Int, _ value: Int) { varint(field, UInt64(bitPattern: Int64(value))) }
    package mutating func bool(_ field: Int, _ value: Bool) { varint(field, value ? 1 : 0 as UInt64) }

    package mutating func double(_ field: Int, _ value: Double) {
        raw(UInt64(field) << 3 | 1)
        for shift in stride(from: UInt64(0), to: 64, by: 8) { bytes.append(UInt8(truncatingIfNeeded: value.bitPattern >> shift)) }
    }

    package mutating func bytes(_ field: Int, _ value: some Collection<UInt8>) {
        raw(UInt64(field) << 3 | 2)
        raw(UInt64(value.count))
        bytes.append(contentsOf: value)
    }

    package mutating func string(_ field: Int, _ value: String) {
        raw(UInt64(field) << 3 | 2)
        raw(UInt64(value.utf8.count))
        bytes.append(contentsOf: value.utf8)
    }

    package mutating func message(_ field: Int, _ body: (inout WireWriter) -> Void) {
        var inner = WireWriter()
        body(&inner)
        bytes(field, inner.bytes)
    }

    /// A message whose only field is a text in field 1: the ids of Mesos.
    package mutating func id(_ field: Int, _ value: String) {
        message(field) { $0.string(1, value) }
    }

    /// Fields that are encoded already.
    package mutating func fields(_ encoded: some Collection<UInt8>) { bytes.append(contentsOf: encoded) }

    private mutating func raw(_ value: UInt64) {
        var rest = value
        while rest >= 0x80 {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(truncatingIfNeeded: rest))
    }
}

/// Walks over the fields of one message. Bytes that are none end the walk; nothing traps.
package struct WireReader: Sequence, IteratorProtocol, Sendable {
    package struct Field: Sendable {
        package let number: Int
        /// The number of a varint or fixed field, as bits.
        package let bits: UInt64
        /// The contents of a length-delimited field; empty for others.
        package let contents: ArraySlice<UInt8>
        /// The whole field with its tag.
        package let encoded: ArraySlice<UInt8>

        package var text: String? { String(validating: contents, as: UTF8.self) }
        package var double: Double { Double(bitPattern: bits) }
    }

    private let bytes: ArraySlice<UInt8>
    private var position: Int

    package init(_ bytes: ArraySlice<UInt8>) {
        self.bytes = bytes
        position = bytes.startIndex
    }

    package init(_ bytes: [UInt8]) { self.init(bytes[...]) }

    package mutating func next() -> Field? { next(groups: 0) }

    /// - Parameter groups: how many groups the field lies in. They are never known, and passed over as a whole.
    private mutating func next(groups: Int) -> Field? {
        let start = position
        guard let tag = varint(), let number = Int(exactly: tag >> 3), number > 0 else { return nil }
        var bits: UInt64 = 0
        var contents: ArraySlice<UInt8> = []
        switch tag & 7 {
        case 3:
            guard groups < 100 else { return nil }
            while !isAtEnd(ofGroup: number) {
                guard next(groups: groups + 1) != nil else { return nil }
            }
        case 0:
            guard let value = varint() else { return nil }
            bits = value
        case 1, 5:
            let width = tag & 7 == 1 ? 8 : 4
            guard bytes.endIndex - position >= width else { return nil }
            for offset in 0..<width { bits |= UInt64(bytes[position + offset]) << UInt64(8 * offset) }
            position += width
        case 2:
            guard let count = varint(), count <= UInt64(bytes.endIndex - position) else { return nil }
            contents = bytes[position..<position + Int(count)]
            position += Int(count)
        default:
            return nil
        }
        return Field(number: number, bits: bits, contents: contents, encoded: bytes[start..<position])
    }

    /// Passes over the end of a group if it is next.
    private mutating func isAtEnd(ofGroup number: Int) -> Bool {
        let start = position
        if let tag = varint(), tag & 7 == 4, tag >> 3 == UInt64(number) { return true }
        position = start
        return false
    }

    private mutating func varint() -> UInt64? {
        var value: UInt64 = 0
        var shift: UInt64 = 0
        while position < bytes.endIndex, shift < 64 {
            let byte = bytes[position]
            position += 1
            value |= UInt64(byte & 0x7f) << shift
            if byte & 0x80 == 0 { return value }
            shift += 7
        }
        return nil
    }
}

package enum Wire {
    /// The contents of the last field of that number; nil if there is none.
    package static func contents(_ field: Int, of message: [UInt8]) -> ArraySlice<UInt8>? {
        var found: ArraySlice<UInt8>?
        for next in WireReader(message) where next.number == field { found = next.contents }
        return found
    }

    /// The text of a message's field that is an id.
    package static func id(_ field: Int, of message: [UInt8]) -> String? {
        guard let contents = contents(field, of: message) else { return nil }
        var found: String?
        for inner in WireReader(contents) where inner.number == 1 { found = inner.text }
        return found
    }

    /// The contents of all fields of that number.
    package static func fields(_ number: Int, of message: ArraySlice<UInt8>) -> [ArraySlice<UInt8>] {
        var found: [ArraySlice<UInt8>] = []
        for field in WireReader(message) where field.number == number { found.append(field.contents) }
        return found
    }

    /// Parsed messages with the bytes of each.
    static func pair<M: Message>(_ messages: [M], _ bytes: [ArraySlice<UInt8>]) -> [(M, ArraySlice<UInt8>)] {
        if messages.count == bytes.count { return Array(zip(messages, bytes)) }
        // A field that was sent in two pieces, or whatever else can be told in several ways. What was just parsed can be serialised.
        return messages.map { message in (message, ((try? message.serializedBytes()) ?? [UInt8]())[...]) }
    }

    /// Whether a message has a field.
    package static func has(_ field: Int, _ message: [UInt8]) -> Bool { WireReader(message).contains { $0.number == field } }

    /// Those fields of a message that are named, encoded as they were.
    package static func fields(_ numbers: Set<Int>, of message: [UInt8]) -> [UInt8] {
        var result: [UInt8] = []
        for field in WireReader(message) where numbers.contains(field.number) { result += field.encoded }
        return result
    }

    /// A message without the named fields.
    package static func dropping(_ numbers: Set<Int>, from message: [UInt8]) -> [UInt8] {
        var result: [UInt8] = []
        result.reserveCapacity(message.count)
        for field in WireReader(message) where !numbers.contains(field.number) { result += field.encoded }
        return result
    }

    /// A TaskInfo whose resources, and those of its executor, say that they are allocated to the role. Those that name a role keep it.
    package static func allocating(_ info: [UInt8], to role: String) -> [UInt8] {
        var allocation = WireWriter()
        allocation.message(ResourceField.allocation) { $0.string(1, role) }
        var result = WireWriter()
        for field in WireReader(info) {
            switch field.number {
            case TaskField.resources: result.bytes(field.number, allocating(resource: field.contents, allocation.bytes))
            case TaskField.executor: result.bytes(field.number, allocating(executor: field.contents, allocation.bytes))
            default: result.fields(field.encoded)
            }
        }
        return result.bytes
    }

    private static func allocating(executor: ArraySlice<UInt8>, _ allocation: [UInt8]) -> [UInt8] {
        var result = WireWriter()
        for field in WireReader(executor) {
            if field.number == ExecutorField.resources {
                result.bytes(field.number, allocating(resource: field.contents, allocation))
            } else {
                result.fields(field.encoded)
            }
        }
        return result.bytes
    }

    private static func allocating(resource: ArraySlice<UInt8>, _ allocation: [UInt8]) -> ArraySlice<UInt8> {
        WireReader(resource).contains { $0.number == ResourceField.allocation } ? resource : resource + allocation
    }
}
