import JSON

/// Turns a JSON value into the bytes of a message, as lenient and as strict as Mesos is (3rdparty/stout/include/stout/protobuf.hpp):
/// unknown names are ignored, null is absence, a lone value stands for a repeated field of one element.
struct JSONToWire {
    private let pool: DescriptorPool
    private var writer = WireWriter()

    /// Required fields are not checked.
    static func bytes(of object: JSONObject, as type: MessageType) throws(MesosJSONError) -> [UInt8] {
        var converter = JSONToWire(pool: type.pool)
        try converter.members(of: object, type.index)
        return converter.writer.bytes
    }

    private init(pool: DescriptorPool) {
        self.pool = pool
    }

    /// Fields in the order of declaration; of members with the same name the last one counts.
    private mutating func members(of object: JSONObject, _ index: Int) throws(MesosJSONError) {
        let message = pool.messages[index]
        var members = [Int32](repeating: -1, count: message.fields.count)
        for (position, member) in object.enumerated() {
            if let place = pool.fieldPlaces[index][member.name] { members[place] = Int32(truncatingIfNeeded: position) }
        }
        for (place, position) in members.enumerated() where position >= 0 {
            try value(object[Int(position)].value, pool.fields[message.fields.lowerBound + place])
        }
    }

    private mutating func value(_ value: JSONValue, _ field: DescriptorPool.Field) throws(MesosJSONError) {
        switch value {
        case .null: return
        case .object(let object):
            guard field.kind == .message else { throw unexpected("object", field) }
            guard field.label != .map else { return try mapEntries(object, field) }
            let start = writer.beginMessage(field.number)
            try members(of: object, Int(field.type))
            writer.endMessage(from: start)
        case .array(let values):
            guard field.label == .repeated || field.label == .map else { throw unexpected("array", field) }
            for element in values { try self.value(element, field) }
        case .string(let string): try text(string, field)
        case .bool(let bool):
            guard field.kind == .bool else { throw unexpected("boolean", field) }
            scalar(bool ? 1 : 0, field)
        case .integer, .unsigned, .double: try number(value, field)
        }
    }

    private mutating func mapEntries(_ object: JSONObject, _ field: DescriptorPool.Field) throws(MesosJSONError) {
        let entry = pool.messages[Int(field.type)].fields
        var last: [String: Int] = [:]
        for (position, member) in object.enumerated() { last[member.name] = position }
        for (position, member) in object.enumerated() where last[member.name] == position && !member.value.isNull {
            let start = writer.beginMessage(field.number)
            try text(member.name, pool.fields[entry.lowerBound])
            try value(member.value, pool.fields[entry.lowerBound + 1])
            writer.endMessage(from: start)
        }
    }

    private mutating func text(_ string: String, _ field: DescriptorPool.Field) throws(MesosJSONError) {
        switch field.kind {
        case .string: writer.field(field.number, string)
        case .bytes:
            guard let bytes = Base64.decode(Array(string.utf8)) else { throw .notBase64(field: pool.name(of: field)) }
            writer.field(field.number, bytes)
        case .enumeration:
            if let number = pool.enumNumbers[Int(field.type)][string] {
                scalar(UInt64(bitPattern: Int64(number)), field)
            } else if field.label == .required {
                throw .unknownEnumValue(string)
            }
        case .bool:
            guard string == "true" || string == "false" else { throw unreadable(string, "boolean", field) }
            scalar(string == "true" ? 1 : 0, field)
        case .message: throw unexpected("string", field)
        case .double where string == "Infinity": scalar(Double.infinity.bitPattern, field)
        case .double where string == "-Infinity": scalar((-Double.infinity).bitPattern, field)
        case .double, .int32, .int64, .uint32, .uint64:
            guard let value = try? JSONValue(parsing: string), value.double != nil else { throw unreadable(string, "number", field) }
            try number(value, field)
        }
    }

    /// A fraction is cut off where an integer is wanted, as a C++ cast does.
    private mutating func number(_ value: JSONValue, _ field: DescriptorPool.Field) throws(MesosJSONError) {
        let bits: UInt64?
        switch field.kind {
        case .double: bits = value.double?.bitPattern
        case .int32: bits = whole(value).integer.flatMap { Int32(exactly: $0) }.map { UInt64(bitPattern: Int64($0)) }
        case .int64: bits = whole(value).integer.map { UInt64(bitPattern: $0) }
        case .uint32: bits = whole(value).unsigned.flatMap { UInt32(exactly: $0) }.map { UInt64($0) }
        case .uint64: bits = whole(value).unsigned
        case .bool, .string, .bytes, .enumeration, .message: throw unexpected("number", field)
        }
        guard let bits else { throw .outOfRange(field: pool.name(of: field)) }
        scalar(bits, field)
    }

    private func whole(_ value: JSONValue) -> JSONValue {
        if case .double(let double) = value { .double(double.rounded(.towardZero)) } else { value }
    }

    private mutating func scalar(_ bits: UInt64, _ field: DescriptorPool.Field) {
        if field.kind == .double {
            writer.tag(field.number, .fixed64)
            writer.fixed64(bits)
        } else {
            writer.tag(field.number, .varint)
            writer.varint(bits)
        }
    }

    private func unexpected(_ found: String, _ field: DescriptorPool.Field) -> MesosJSONError {
        .unexpected(found: found, field: pool.name(of: field))
    }

    private func unreadable(_ text: String, _ expected: String, _ field: DescriptorPool.Field) -> MesosJSONError {
        .unreadable(text: text, expected: expected, field: pool.name(of: field))
    }
}
