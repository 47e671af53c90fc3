/// Looks for required fields that a message lacks, its parts included.
struct RequiredFields {
    private let pool: DescriptorPool
    private var missing: [String] = []

    /// The paths of the missing fields, as protobuf's C++ library names them: `accept.operations[0].launch.task_infos[1].name`.
    static func missing(in bytes: UnsafeRawBufferPointer, as type: MessageType) throws(WireError) -> [String] {
        var search = RequiredFields(pool: type.pool)
        if try search.isComplete(bytes, 0..<bytes.count, type.index, depth: 1) { return [] }
        try search.message(bytes, 0..<bytes.count, type.index, path: "", depth: 1)
        return search.missing
    }

    private init(pool: DescriptorPool) {
        self.pool = pool
    }

    /// The quick answer for nearly all messages. False may be wrong where a message comes in several parts. It reads every byte that the
    /// JSON writer would, so that what passes here never fails there.
    private func isComplete(_ bytes: UnsafeRawBufferPointer, _ range: Range<Int>, _ index: Int, depth: Int) throws(WireError) -> Bool {
        guard depth <= WireReader.deepest else { throw .tooDeep }
        let message = pool.messages[index]
        var reader = WireReader(bytes, range)
        var isComplete = true
        var present: UInt64 = 0
        while let wire = try reader.next() {
            guard let (place, field) = pool.known(wire, in: message) else { continue }
            if isPresent(wire, field) { present |= 1 << UInt64(place) }
            if field.kind == .message {
                isComplete = try self.isComplete(bytes, wire.payload, Int(field.type), depth: depth + 1) && isComplete
            } else if wire.type == .lengthDelimited, field.kind != .string, field.kind != .bytes {
                var packed = WireReader(bytes, wire.payload)
                while try packed.nextPacked(field.kind) != nil {}
            }
        }
        return isComplete && message.required & ~present == 0
    }

    private mutating func message(
        _ bytes: UnsafeRawBufferPointer, _ range: Range<Int>, _ index: Int, path: String, depth: Int
    ) throws(WireError) {
        guard depth <= WireReader.deepest else { throw .tooDeep }
        let message = pool.messages[index]
        try pool.withOrdered(bytes, range, message) { (bytes, range) throws(WireError) in
            try nameMissing(bytes, range, message, path)
            try descend(bytes, range, message, path, depth)
        }
    }

    private mutating func nameMissing(
        _ bytes: UnsafeRawBufferPointer, _ range: Range<Int>, _ message: DescriptorPool.Message, _ path: String
    ) throws(WireError) {
        var present: UInt64 = 0
        var reader = WireReader(bytes, range)
        while let wire = try reader.next() {
            guard let (place, field) = pool.known(wire, in: message), isPresent(wire, field) else { continue }
            present |= 1 << UInt64(place)
        }
        for (place, field) in pool.fields[message.fields].enumerated() where message.required & ~present & 1 << UInt64(place) != 0 {
            missing.append(path + pool.name(of: field))
        }
    }

    private mutating func descend(
        _ bytes: UnsafeRawBufferPointer, _ range: Range<Int>, _ message: DescriptorPool.Message, _ path: String, _ depth: Int
    ) throws(WireError) {
        var reader = WireReader(bytes, range)
        var last = (place: -1, count: 0)
        while let wire = try reader.next() {
            guard let (place, field) = pool.known(wire, in: message), field.kind == .message else { continue }
            last = place == last.place ? (place, last.count + 1) : (place, 0)
            guard pool.messages[Int(field.type)].needsCheck else { continue }
            let isRepeated = field.label == .repeated || field.label == .map
            let below = path + pool.name(of: field) + (isRepeated ? "[\(last.count)]." : ".")
            try self.message(bytes, wire.payload, Int(field.type), path: below, depth: depth + 1)
        }
    }

    /// An unknown value of an enum leaves the field unset.
    private func isPresent(_ wire: WireField, _ field: DescriptorPool.Field) -> Bool {
        field.kind != .enumeration || pool.enumValueName(Int32(truncatingIfNeeded: wire.bits), of: field.type) != nil
    }
}
