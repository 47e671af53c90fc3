import JSON

/// Walks the bytes of a message and writes its JSON, without making a message of them.
///
/// Unknown fields and unknown values of enums are left out. Specified by Mesos 1.11 3rdparty/stout (protobuf.hpp, jsonify.hpp).
struct WireToJSON {
    private let pool: DescriptorPool
    var writer = JSONWriter()

    init(pool: DescriptorPool) {
        self.pool = pool
    }

    mutating func message(_ bytes: UnsafeRawBufferPointer, _ range: Range<Int>, _ index: Int, depth: Int) throws(WireError) {
        guard depth <= WireReader.deepest else { throw .tooDeep }
        let message = pool.messages[index]
        try pool.withOrdered(bytes, range, message) { (bytes, range) throws(WireError) in
            writer.beginObject()
            try members(bytes, range, message, depth)
            writer.endObject()
        }
    }

    private mutating func members(
        _ bytes: UnsafeRawBufferPointer, _ range: Range<Int>, _ message: DescriptorPool.Message, _ depth: Int
    ) throws(WireError) {
        var reader = WireReader(bytes, range)
        var defaults = message.defaults
        var next = try reader.next()
        while let wire = next {
            guard let (place, field) = pool.known(wire, in: message) else {
                next = try reader.next()
                continue
            }
            writeDefaults(below: place, &defaults, message)
            if field.label == .repeated || field.label == .map {
                next = try run(startingWith: wire, place, field, &reader, message, depth)
                continue
            }
            if field.kind != .enumeration {
                writeKey(field)
                try value(wire, field, bytes, depth)
            } else if let name = pool.enumValueName(Int32(truncatingIfNeeded: wire.bits), of: field.type) {
                writeKey(field)
                writeRaw(name)
            } else {
                next = try reader.next()
                continue
            }
            // It is set, so its default is not written.
            if defaults.first.map({ Int(pool.defaultSlots[$0]) }) == place { defaults.removeFirst() }
            next = try reader.next()
        }
        writeDefaults(below: .max, &defaults, message)
    }

    /// Writes a repeated field, whose elements follow one another.
    /// - Returns: the first field behind it.
    private mutating func run(
        startingWith first: WireField, _ place: Int, _ field: DescriptorPool.Field, _ reader: inout WireReader,
        _ message: DescriptorPool.Message, _ depth: Int
    ) throws(WireError) -> WireField? {
        var elements: [WireField] = []
        let mark = writer.mark
        writeKey(field)
        if field.label == .map { writer.beginObject() } else { writer.beginArray() }
        let empty = writer.mark
        var next: WireField? = first
        while let wire = next {
            if let known = pool.known(wire, in: message) {
                guard known.place == place else { break }
                if field.label == .map {
                    elements.append(wire)
                } else {
                    try element(wire, field, reader.bytes, depth)
                }
            }
            next = try reader.next()
        }
        if field.label == .map {
            try mapEntries(elements, field, reader.bytes, depth)
            writer.endObject()
        } else if writer.isAt(empty) {
            // All elements were unknown values of an enum, or a packed field of none.
            writer.rewind(to: mark)
        } else {
            writer.endArray()
        }
        return next
    }

    private mutating func element(_ wire: WireField, _ field: DescriptorPool.Field, _ bytes: UnsafeRawBufferPointer, _ depth: Int) throws(WireError) {
        let isScalar = field.kind != .message && field.kind != .string && field.kind != .bytes
        guard isScalar, wire.type == .lengthDelimited else { return try value(wire, field, bytes, depth) }
        var packed = WireReader(bytes, wire.payload)
        while let bits = try packed.nextPacked(field.kind) { scalar(bits, field) }
    }

    /// Of entries with the same key the last one counts.
    private mutating func mapEntries(
        _ entries: [WireField], _ field: DescriptorPool.Field, _ bytes: UnsafeRawBufferPointer, _ depth: Int
    ) throws(WireError) {
        var keys: [String] = []
        var last: [String: Int] = [:]
        for (index, entry) in entries.enumerated() {
            var key = ""
            var reader = WireReader(bytes, entry.payload)
            while let wire = try reader.next() {
                if wire.number == 1, wire.type == .lengthDelimited { key = String(decoding: bytes[wire.payload], as: UTF8.self) }
            }
            keys.append(key)
            last[key] = index
        }
        for (index, entry) in entries.enumerated() where last[keys[index]] == index {
            writer.key(keys[index])
            try mapValue(entry, pool.messages[Int(field.type)], bytes, depth)
        }
    }

    private mutating func mapValue(
        _ entry: WireField, _ message: DescriptorPool.Message, _ bytes: UnsafeRawBufferPointer, _ depth: Int
    ) throws(WireError) {
        let field = pool.fields[message.fields.lowerBound + 1]
        try pool.withOrdered(bytes, entry.payload, message) { (bytes, range) throws(WireError) in
            var reader = WireReader(bytes, range)
            while let wire = try reader.next() {
                guard let known = pool.known(wire, in: message), known.place == 1 else { continue }
                return try value(wire, field, bytes, depth)
            }
            switch field.kind {
            case .message: try self.message(bytes, 0..<0, Int(field.type), depth: depth + 1)
            case .string, .bytes: writer.string("")
            default: scalar(0, field)
            }
        }
    }

    private mutating func value(_ wire: WireField, _ field: DescriptorPool.Field, _ bytes: UnsafeRawBufferPointer, _ depth: Int) throws(WireError) {
        switch field.kind {
        case .message: try message(bytes, wire.payload, Int(field.type), depth: depth + 1)
        case .string: writer.string(utf8: text(bytes, wire.payload))
        case .bytes: writer.base64(text(bytes, wire.payload))
        default: scalar(wire.bits, field)
        }
    }

    private mutating func scalar(_ bits: UInt64, _ field: DescriptorPool.Field) {
        switch field.kind {
        case .double: writer.double(Double(bitPattern: bits))
        case .int32: writer.int(Int64(Int32(truncatingIfNeeded: bits)))
        case .int64: writer.int(Int64(bitPattern: bits))
        case .uint32: writer.uint(UInt64(UInt32(truncatingIfNeeded: bits)))
        case .uint64: writer.uint(bits)
        case .bool: writer.bool(bits != 0)
        case .enumeration:
            if let name = pool.enumValueName(Int32(truncatingIfNeeded: bits), of: field.type) { writeRaw(name) }
        case .string, .bytes, .message: preconditionFailure("not a scalar")
        }
    }

    private mutating func writeDefaults(below place: Int, _ defaults: inout Range<Int>, _ message: DescriptorPool.Message) {
        while let index = defaults.first, Int(pool.defaultSlots[index]) < place {
            let field = pool.fields[message.fields.lowerBound + Int(pool.defaultSlots[index])]
            writeKey(field)
            writeRaw(field.writtenDefault)
            defaults.removeFirst()
        }
    }

    private mutating func writeKey(_ field: DescriptorPool.Field) {
        pool.text.withUnsafeBufferPointer { writer.key(encoded: UnsafeBufferPointer(rebasing: $0[field.key.range])) }
    }

    private mutating func writeRaw(_ text: DescriptorPool.Text) {
        pool.text.withUnsafeBufferPointer { writer.raw(UnsafeBufferPointer(rebasing: $0[text.range])) }
    }

    private func text(_ bytes: UnsafeRawBufferPointer, _ range: Range<Int>) -> UnsafeBufferPointer<UInt8> {
        UnsafeRawBufferPointer(rebasing: bytes[range]).bindMemory(to: UInt8.self)
    }
}

extension DescriptorPool.Text {
    var range: Range<Int> { Int(start)..<Int(start) + Int(count) }
}
