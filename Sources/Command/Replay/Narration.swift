import SwiftProtobuf

/// Any value as one line for people: enums by their case, structs by their members, bytes by their count. Shows nothing that is empty or nil.
package enum Narration {
    /// Characters of one value; longer ones are cut.
    package static let limit = 600

    package static func line(_ value: Any) -> String {
        let text = describe(value, depth: 0)
        return text.count > limit ? text.prefix(limit) + "…" : text
    }

    private static func describe(_ value: Any, depth: Int) -> String {
        switch value {
        case let text as String: return text.debugDescription
        case let bytes as [UInt8]: return "<\(bytes.count) bytes>"
        case let number as any BinaryInteger: return "\(number)"
        case let number as any BinaryFloatingPoint: return "\(number)"
        case let flag as Bool: return "\(flag)"
        case let message as any SwiftProtobuf.Message:
            return "{" + message.textFormatString().split(whereSeparator: \.isNewline).map { $0.drop { $0 == " " } }.joined(separator: " ") + "}"
        default: break
        }
        guard depth < 6 else { return "…" }
        let mirror = Mirror(reflecting: value)
        switch mirror.displayStyle {
        case .optional: return mirror.children.first.map { describe($0.value, depth: depth) } ?? "nil"
        case .collection, .set:
            let items = mirror.children.prefix(20).map { describe($0.value, depth: depth + 1) }
            return "[" + items.joined(separator: ", ") + (mirror.children.count > 20 ? ", … \(mirror.children.count) in all]" : "]")
        case .enum:
            guard let payload = mirror.children.first else { return "\(value)" }
            return "\(payload.label ?? "?")(\(members(Mirror(reflecting: payload.value), payload.value, depth)))"
        case .struct where value is any CustomStringConvertible: return "\(value)"
        case .struct, .class, .tuple:
            return "\(mirror.displayStyle == .tuple ? "" : "\(mirror.subjectType)")(\(members(mirror, value, depth)))"
        default: return "\(value)"
        }
    }

    /// A tuple's or struct's members, `name: value`; any other value by itself.
    private static func members(_ mirror: Mirror, _ value: Any, _ depth: Int) -> String {
        guard mirror.displayStyle == .tuple || mirror.displayStyle == .struct, !(value is any CustomStringConvertible) else {
            return describe(value, depth: depth + 1)
        }
        let shown = mirror.children.compactMap { child -> String? in
            let text = describe(child.value, depth: depth + 1)
            if ["nil", "[]", "\"\"", "<0 bytes>"].contains(text) { return nil }
            guard let label = child.label, !label.hasPrefix(".") else { return text }
            return "\(label): \(text)"
        }
        return shown.joined(separator: ", ")
    }
}
