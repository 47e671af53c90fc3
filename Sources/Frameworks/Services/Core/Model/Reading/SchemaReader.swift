import JSON

/// What doesn't fit while a body is read; shared by the readers of all its parts.
final class SchemaErrors {
    private(set) var violations: [Violation] = []

    /// - Parameters:
    ///   - key: Marathon's key of the error, which clients may look for.
    ///   - explanation: what would have fitted, for people.
    func add(_ path: String, _ key: String, _ explanation: String? = nil) {
        violations.add(path, [key] + (explanation.map { [$0] } ?? []))
    }
}

/// Reads the members of one JSON object and notes what doesn't fit. A member that is absent or null, and one with an error, reads as nil.
///
/// The keys of the errors are those of Marathon 1.11 (play-json's): `error.expected.jsstring`, `error.path.missing`, `error.min`, ….
struct SchemaReader {
    let object: JSONObject
    /// The path of the object; empty for the whole body.
    let path: String
    let errors: SchemaErrors

    static let int32 = 0...Int64(Int32.max)
    static let ports: ClosedRange<Int64> = 0...65535

    func path(of name: String) -> String { "\(path)/\(name)" }

    /// The member unless it is absent or null.
    func present(_ name: String) -> JSONValue? {
        guard let value = object[name], !value.isNull else { return nil }
        return value
    }

    func require<T>(_ value: T?, _ name: String) -> T? {
        if value == nil, present(name) == nil { errors.add(path(of: name), "error.path.missing") }
        return value
    }
}

// MARK: - Scalars

extension SchemaReader {
    func string(_ name: String, length: ClosedRange<Int> = 0...Int.max) -> String? {
        present(name).flatMap { Self.string($0, path(of: name), errors, length: length) }
    }

    static func string(_ value: JSONValue, _ path: String, _ errors: SchemaErrors, length: ClosedRange<Int> = 0...Int.max) -> String? {
        guard let text = value.string else {
            errors.add(path, "error.expected.jsstring")
            return nil
        }
        let count = text.unicodeScalars.count
        if count < length.lowerBound {
            errors.add(path, "error.minLength", "must have at least \(length.lowerBound) characters")
            return nil
        }
        if count > length.upperBound {
            errors.add(path, "error.maxLength", "must have at most \(length.upperBound) characters")
            return nil
        }
        return text
    }

    /// A string of a syntax; `rule` describes it in the error.
    func string(_ name: String, matching isValid: (String) -> Bool, rule: String, maxLength: Int = .max) -> String? {
        guard let text = string(name, length: 1...maxLength) else { return nil }
        guard isValid(text) else {
            errors.add(path(of: name), "error.pattern", rule)
            return nil
        }
        return text
    }

    func bool(_ name: String) -> Bool? {
        guard let value = present(name) else { return nil }
        if value.bool == nil { errors.add(path(of: name), "error.expected.jsboolean") }
        return value.bool
    }

    func integer(_ name: String, in range: ClosedRange<Int64> = int32) -> Int64? {
        present(name).flatMap { Self.integer($0, path(of: name), errors, in: range) }
    }

    static func integer(_ value: JSONValue, _ path: String, _ errors: SchemaErrors, in range: ClosedRange<Int64>) -> Int64? {
        guard let number = value.double else {
            errors.add(path, "error.expected.jsnumber")
            return nil
        }
        if let integer = value.integer, range.contains(integer) { return integer }
        guard number == number.rounded(.towardZero) else {
            errors.add(path, "error.expected.int", "must be a whole number")
            return nil
        }
        outOfRange(isTooLow: number < Double(range.lowerBound), path, errors, "\(range.lowerBound)", "\(range.upperBound)")
        return nil
    }

    func int(_ name: String, in range: ClosedRange<Int64> = int32) -> Int? {
        integer(name, in: range).flatMap { Int(exactly: $0) }
    }

    /// A finite number.
    func number(_ name: String, in range: ClosedRange<Double>) -> Double? {
        guard let value = present(name) else { return nil }
        guard let number = value.double, number.isFinite else {
            errors.add(path(of: name), "error.expected.jsnumber")
            return nil
        }
        guard !range.contains(number) else { return number }
        Self.outOfRange(
            isTooLow: number < range.lowerBound, path(of: name), errors, Self.text(of: range.lowerBound), Self.text(of: range.upperBound))
        return nil
    }

    private static func outOfRange(isTooLow: Bool, _ path: String, _ errors: SchemaErrors, _ low: String, _ high: String) {
        if isTooLow {
            errors.add(path, "error.min", "must be at least \(low)")
        } else {
            errors.add(path, "error.max", "must be at most \(high)")
        }
    }

    private static func text(of number: Double) -> String { String(decoding: JSONValue.double(number).bytes, as: UTF8.self) }

    /// One of a few words, in any case.
    func choice<Choice: RawRepresentable<String> & CaseIterable>(_ name: String, _ type: Choice.Type = Choice.self) -> Choice? {
        guard let value = present(name) else { return nil }
        if let text = value.string?.lowercased(), let choice = Choice.allCases.first(where: { $0.rawValue.lowercased() == text }) {
            return choice
        }
        let choices = Choice.allCases.map(\.rawValue).joined(separator: ", ")
        errors.add(path(of: name), "error.unknown.enum.literal", "must be one of \(choices)")
        return nil
    }
}

// MARK: - Structures

extension SchemaReader {
    /// Reads each element; nil if one doesn't fit.
    func array<Element>(_ name: String, _ read: (JSONValue, String) -> Element?) -> [Element]? {
        present(name).flatMap { Self.array($0, path(of: name), errors, read) }
    }

    static func array<Element>(
        _ value: JSONValue, _ path: String, _ errors: SchemaErrors, _ read: (JSONValue, String) -> Element?
    ) -> [Element]? {
        guard let values = value.array else {
            errors.add(path, "error.expected.jsarray")
            return nil
        }
        var elements: [Element] = []
        for (index, value) in values.enumerated() {
            if let element = read(value, "\(path)(\(index))") { elements.append(element) }
        }
        return elements.count == values.count ? elements : nil
    }

    func strings(_ name: String, length: ClosedRange<Int> = 0...Int.max) -> [String]? {
        array(name) { Self.string($0, $1, errors, length: length) }
    }

    /// Reads an array of objects.
    func objects<Element>(_ name: String, _ read: (SchemaReader) -> Element?) -> [Element]? {
        array(name) { value, path in Self.object(value, path, errors).flatMap(read) }
    }

    func object<Content>(_ name: String, _ read: (SchemaReader) -> Content?) -> Content? {
        present(name).flatMap { Self.object($0, path(of: name), errors) }.flatMap(read)
    }

    static func object(_ value: JSONValue, _ path: String, _ errors: SchemaErrors) -> SchemaReader? {
        guard let object = value.object else {
            errors.add(path, "error.expected.jsobject")
            return nil
        }
        return SchemaReader(object: object, path: path, errors: errors)
    }

    /// Reads an object whose names are free.
    func map<Value>(_ name: String, _ read: (JSONValue, String) -> Value?) -> StringMap<Value>? {
        object(name) { reader in
            let pairs = reader.object.compactMap { member in
                read(member.value, reader.path(of: member.name)).map { (member.name, $0) }
            }
            return StringMap(pairs)
        }
    }

    func labels(_ name: String) -> Labels? {
        map(name) { Self.string($0, $1, errors) }
    }

    /// A name of a port.
    func portName(_ name: String) -> String? {
        string(name, matching: NameSyntax.isName, rule: "must be small letters, digits and inner hyphens")
    }

    func networkProtocol() -> NetworkProtocol? { choice("protocol") }
}

extension Array where Element: Hashable {
    /// Without later duplicates.
    func unique() -> [Element] {
        var seen: Set<Element> = []
        return filter { seen.insert($0).inserted }
    }
}
