public import SwiftProtobuf

/// A message type known by its descriptor, so that its bytes can be read and written without a generated struct.
public struct MessageType: Hashable, Sendable {
    /// One field, described for people and tests.
    public struct Field: Hashable, Sendable {
        public let name: String
        public let number: Int
        /// `optional`, `required`, `repeated`, `map` or `oneof <name>`.
        public let label: String
        /// A scalar type, the full name of a message or enum, or `map<key,value>`.
        public let type: String
        /// The explicit default, as the .proto file has it.
        public let defaultValue: String?
        public let isDeprecated: Bool
    }

    let pool: DescriptorPool
    let index: Int

    init(pool: DescriptorPool, index: Int) {
        self.pool = pool
        self.index = index
    }

    /// The type with this full name, such as `mesos.v1.TaskInfo`; nil if the pool has none.
    public init?(named name: String, in pool: DescriptorPool = .mesos) {
        guard let index = pool.messageIndex[name] else { return nil }
        self.init(pool: pool, index: index)
    }

    /// The type of a generated message. It must be one of the pool's.
    public init<M: Message>(_ type: M.Type, in pool: DescriptorPool = .mesos) {
        guard let index = pool.messageIndex[M.protoMessageName] else {
            preconditionFailure("\(M.protoMessageName) is not in this pool")
        }
        self.init(pool: pool, index: index)
    }

    /// The full name, such as `mesos.v1.TaskInfo`.
    public var name: String { pool.messageNames[index] }

    /// The fields in the order of declaration.
    public var fields: [Field] {
        pool.messages[index].fields.map { place in
            let field = pool.fields[place]
            return Field(
                name: pool.name(of: field), number: Int(field.number), label: label(of: field), type: typeName(of: field),
                defaultValue: pool.defaultTexts[place], isDeprecated: field.isDeprecated)
        }
    }

    public static func == (left: MessageType, right: MessageType) -> Bool {
        left.pool === right.pool && left.index == right.index
    }

    public func hash(into hasher: inout Hasher) {
        hasher.combine(index)
    }

    private func label(of field: DescriptorPool.Field) -> String {
        if field.oneof >= 0 { return "oneof \(pool.oneofNames[index][Int(field.oneof)])" }
        return "\(field.label)"
    }

    private func typeName(of field: DescriptorPool.Field) -> String {
        switch field.kind {
        case .enumeration: return pool.enumNames[Int(field.type)]
        case .message where field.label == .map:
            let entry = pool.fields[pool.messages[Int(field.type)].fields]
            return "map<\(entry.map(typeName(of:)).joined(separator: ","))>"
        case .message: return pool.messageNames[Int(field.type)]
        default: return "\(field.kind)"
        }
    }
}

extension DescriptorPool {
    /// All message types but the entries of maps, in the order of the files.
    public var messageTypes: [MessageType] {
        messages.indices.filter { !messages[$0].isMapEntry }.map { MessageType(pool: self, index: $0) }
    }

    /// The enums' full names, with the names of their values and the numbers, sorted by number.
    public var enumTypes: [(name: String, values: [(name: String, number: Int)])] {
        enums.indices.map { index in
            let values = enumValues[enums[index]].map { value in
                let start = Int(value.name.start) + 1
                return (String(decoding: text[start..<(start + Int(value.name.count) - 2)], as: UTF8.self), Int(value.number))
            }
            return (enumNames[index], values)
        }
    }
}
