import Harness
import JSON
import Machine
import MesosAPI

/// A request as it goes over the wire.
struct Mutant: Sendable {
    var method: String
    var path: String
    var headers: [(String, String)] = []
    var body: [UInt8] = []
    /// Whether its body is JSON, or a message, at all.
    var parses = true
}

/// Makes requests that are nearly right.
struct Mutator {
    var random: SplitMix
    let values: [String: String]

    private static let words = [
        "", "x", "/", "..", "a/../b", "/A", "*", "é", "\u{0}", "\u{202e}", "TCP", "HTTP", "true", "-1", "1e999", "9223372036854775808", "NaN",
        "2021-07-27T10:00:00Z",
        "(a+)+b", "[", "UNIQUE", "GROUP_BY", "$(x)", "%00", "%2e%2e%2f", "a.b.c", "LAUNCH", "SUBSCRIBE", "TASK_RUNNING", "host", "container/bridge",
        "\n", "{}"
    ]
    private static let names = [
        "id", "value", "type", "name", "cmd", "args", "container", "docker", "networks", "ports", "role", "reservations", "disk", "scalar", "ranges",
        "executor",
        "tasks", "apps", "groups", "instances", "gpus", "framework_id", "offer_ids", "operations", "labels", "env", "secrets", "version", "force"
    ]

    mutating func mutant(of seed: Seed) -> Mutant {
        var text = seed.body, path = seed.path
        for (name, value) in values {
            text = text.replacing(name, with: value)
            path = path.replacing(name, with: value)
        }
        var mutant = Mutant(method: seed.method, path: escaped(path))
        if text.isEmpty || chance(8) { mutant.path = escaped(mutatePath(path)) }
        switch seed.form {
        case .form:
            mutant.headers = [("Content-Type", "application/x-www-form-urlencoded")]
            mutant.body = bytes(Array(text.utf8))
        case .json where text.isEmpty: break
        case .json, .record: json(text, &mutant)
        case .message(let type): message(text, type, &mutant)
        }
        if case .record = seed.form { mutant.body = Array("\(mutant.body.count)\n".utf8) + mutant.body }
        return mutant
    }

    /// Two of three keep their form, and change in meaning.
    private mutating func json(_ text: String, _ mutant: inout Mutant) {
        mutant.headers = [("Content-Type", "application/json"), ("Accept", "application/json")]
        let whole = Array(text.utf8)
        guard !chance(3), let value = try? JSONValue(parsing: whole) else {
            mutant.body = bytes(whole)
            mutant.parses = (try? JSONValue(parsing: mutant.body)) != nil
            return
        }
        var changed = value
        for _ in 0...below(3) { changed = self.value(changed) }
        mutant.body = changed.bytes
        mutant.parses = (try? JSONValue(parsing: mutant.body)) != nil
    }

    private mutating func message(_ text: String, _ type: String, _ mutant: inout Mutant) {
        json(text, &mutant)
        guard chance(3), let message = MessageType(named: type), let value = try? JSONValue(parsing: mutant.body),
            let wire = try? MesosJSON.decode(value, as: message)
        else { return }
        mutant.headers = [("Content-Type", "application/x-protobuf"), ("Accept", "application/x-protobuf")]
        mutant.body = chance(2) ? bytes(wire) : wire
        var writer = JSONWriter()
        mutant.parses = (try? MesosJSON.encode(mutant.body, as: message, into: &writer)) != nil
    }

    // MARK: Bytes

    private mutating func bytes(_ whole: [UInt8]) -> [UInt8] {
        var result = whole
        for _ in 0...below(3) {
            let at = result.isEmpty ? 0 : below(result.count)
            switch below(6) {
            case 0 where !result.isEmpty: result[at] ^= 1 << UInt8(below(8))
            case 1 where !result.isEmpty: result[at] = UInt8(below(256))
            case 2: result.insert(UInt8(below(256)), at: at)
            case 3: result.removeSubrange(at..<min(result.count, at + 1 + below(8)))
            case 4: result.removeSubrange(at...)
            default: result.insert(contentsOf: result[at..<min(result.count, at + below(200))], at: at)
            }
        }
        return result
    }

    private mutating func mutatePath(_ path: String) -> String {
        var parts = path.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        let at = below(parts.count)
        switch below(6) {
        case 0: parts[at] = word()
        case 1: parts.insert(word(), at: at)
        case 2: parts.remove(at: at)
        case 3: parts[at] += ["?", "&", "=", ";", "%", "%zz", "//", "?force=maybe", "?limit=-1"][below(9)] + word()
        case 4: return String(decoding: bytes(Array(path.utf8)), as: UTF8.self)
        default: return path.replacing("=", with: "=" + word(), maxReplacements: 1)
        }
        return parts.joined(separator: "/")
    }

    /// No byte of a path may end the request's first line; all others are the server's concern.
    private func escaped(_ path: String) -> String {
        let safe = path.utf8.map { $0 <= 32 || $0 >= 127 ? "%" + String(UInt16($0) + 256, radix: 16).dropFirst() : String(UnicodeScalar($0)) }
            .joined()
        return safe.hasPrefix("/") ? safe : "/" + safe
    }

    // MARK: Values

    private mutating func value(_ value: JSONValue) -> JSONValue {
        switch value {
        case .array(var values) where !values.isEmpty && !chance(8):
            let index = below(values.count)
            switch below(6) {
            case 0: values.remove(at: index)
            case 1: values += Array(repeating: values[index], count: 1 + below(20))
            default: values[index] = self.value(values[index])
            }
            return .array(values)
        case .object(let object) where !object.isEmpty && !chance(16):
            var members = Array(object)
            let index = below(members.count)
            switch below(10) {
            case 0: members.remove(at: index)
            case 1: members[index].name = Self.names[below(Self.names.count)]
            case 2: members.append(JSONObject.Member(name: Self.names[below(Self.names.count)], value: junk()))
            case 3: members.append(JSONObject.Member(name: members[index].name, value: junk()))
            default: members[index].value = self.value(members[index].value)
            }
            return .object(JSONObject(members: members))
        case .string(let text) where !chance(4): return .string(text + ["", "x", "/", ".", " ", "é", "0", "\u{0}"][below(8)])
        default: return junk()
        }
    }

    private mutating func junk() -> JSONValue {
        switch below(12) {
        case 0: .null
        case 1: .bool(chance(2))
        case 2: .integer(Int64(below(5)) - 1)
        case 3: .integer([.max, .min, 65_536, 2_147_483_648][below(4)])
        case 4: .unsigned(.max)
        case 5: .double([0.5, -0.5, 1e300, -1e300, 1e-300, 2.0][below(6)])
        case 6...8: .string(word())
        case 9: .array([])
        case 10: .array([junk(), junk()])
        default: .object(JSONObject([(Self.names[below(Self.names.count)], junk())]))
        }
    }

    private mutating func word() -> String {
        let word = Self.words[below(Self.words.count)]
        return chance(20) ? String(repeating: word, count: 1 + below(400)) : word
    }

    mutating func below(_ bound: Int) -> Int { bound < 2 ? 0 : Int(random.next() % UInt64(bound)) }

    private mutating func chance(_ one: Int) -> Bool { below(one) == 0 }
}
