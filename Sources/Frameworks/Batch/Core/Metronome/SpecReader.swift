import FrameworkCore
import JSON

/// Reads members of a body as strictly as a JSON schema does, and collects all that is wrong with them instead of stopping at the first.
struct SpecReader {
    /// The job as it is before the change; nil: it is a new one.
    let before: JobDefinition?
    private(set) var flaws: [MetronomeFlaw] = []
    /// Where in the body a schedule stands; nil: none was read.
    var schedulePath: String?

    init(before: JobDefinition? = nil) { self.before = before }

    mutating func flaw(_ path: String, _ text: String) { flaws.append(MetronomeFlaw(path, text)) }

    /// null is as good as absent.
    private func value(_ object: JSONObject, _ name: String) -> JSONValue? { object[name].flatMap { $0.isNull ? nil : $0 } }

    mutating func object(_ value: JSONValue?, _ path: String) -> JSONObject? {
        guard let value else { return nil }
        if value.object == nil { flaw(path, "must be an object") }
        return value.object
    }

    mutating func object(_ object: JSONObject, _ name: String, _ path: String) -> JSONObject? { self.object(value(object, name), "\(path)/\(name)") }

    /// Members of other names are refused, not ignored.
    mutating func check(_ object: JSONObject, _ path: String, only names: [String]) {
        for member in object where !names.contains(member.name) { flaw("\(path)/\(member.name)", "Additional properties are not allowed") }
    }

    mutating func text(_ object: JSONObject, _ name: String, _ path: String, isRequired: Bool = false) -> String? {
        guard let value = value(object, name) else {
            if isRequired { flaw("\(path)/\(name)", "error.path.missing") }
            return nil
        }
        guard let text = value.string else {
            flaw("\(path)/\(name)", "must be a string")
            return nil
        }
        if text.utf8.contains(0) { flaw("\(path)/\(name)", "has a NUL character in it") }
        return text
    }

    mutating func flag(_ object: JSONObject, _ name: String, _ path: String) -> Bool? {
        guard let value = value(object, name) else { return nil }
        if value.bool == nil { flaw("\(path)/\(name)", "must be a boolean") }
        return value.bool
    }

    /// Larger numbers are refused: as seconds they are over thirty years.
    private static let most = 1e9

    /// - kept: what the job has: whoever sends that back doesn't want it changed, so that it may also be less or more than a new number.
    mutating func number(_ object: JSONObject, _ name: String, _ path: String, from least: Double, kept: Double? = nil) -> Double? {
        guard let value = value(object, name) else { return nil }
        guard let number = value.double, number.isFinite else {
            flaw("\(path)/\(name)", "must be a number")
            return nil
        }
        if number == kept { return number }
        guard number >= least else {
            flaw("\(path)/\(name)", "is less than \(Self.text(least))")
            return nil
        }
        guard number <= Self.most else {
            flaw("\(path)/\(name)", "is greater than \(Self.text(Self.most))")
            return nil
        }
        return number
    }

    /// Whole seconds, as milliseconds.
    /// - kept: what the job has, in milliseconds: it is shown in whole seconds.
    mutating func seconds(_ object: JSONObject, _ name: String, _ path: String, from least: Double, kept: Int64? = nil) -> Int64? {
        let shown = kept.map { Double($0 / 1_000) }
        guard let number = number(object, name, path, from: least, kept: shown) else { return nil }
        if number == shown { return kept }
        guard number == number.rounded(), let seconds = Int64(exactly: number) else {
            flaw("\(path)/\(name)", "must be an integer")
            return nil
        }
        return seconds * 1_000
    }

    private static func text(_ number: Double) -> String {
        var writer = JSONWriter()
        writer.number(number)
        return String(decoding: writer.bytes, as: UTF8.self)
    }

    mutating func array(_ object: JSONObject, _ name: String, _ path: String) -> [JSONValue] {
        guard let value = value(object, name) else { return [] }
        if value.array == nil { flaw("\(path)/\(name)", "must be an array") }
        return value.array ?? []
    }

    /// An array of objects, each with its path.
    mutating func objects(_ object: JSONObject, _ name: String, _ path: String) -> [(object: JSONObject, path: String)] {
        array(object, name, path).enumerated().compactMap { index, value in
            let place = "\(path)/\(name)(\(index))"
            return self.object(value, place).map { ($0, place) }
        }
    }

    mutating func texts(_ object: JSONObject, _ name: String, _ path: String) -> [String] {
        array(object, name, path).enumerated().compactMap { index, value in
            if value.string?.utf8.contains(0) ?? true { flaw("\(path)/\(name)(\(index))", "must be a string") }
            return value.string
        }
    }

    /// An object of texts.
    mutating func pairs(_ object: JSONObject, _ name: String, _ path: String) -> [JobDefinition.Variable] {
        var pairs: [JobDefinition.Variable] = []
        for member in self.object(object, name, path) ?? JSONObject() {
            guard let text = member.value.string, !(member.name + text).utf8.contains(0) else {
                flaw("\(path)/\(name)/\(member.name)", "must be a string")
                continue
            }
            pairs.removeAll { $0.name == member.name }
            pairs.append(.init(name: member.name, value: text))
        }
        return pairs
    }
}
