import JSON

@testable import ServicesCore

/// Short ways to make and to show the values of the app model.
enum Model {
    static let moment = Timestamp("2021-07-27T10:00:00.123Z") ?? Timestamp(milliseconds: 0)

    static var rules: AppRules { AppRules() }

    /// Rules under which each feature is on.
    static var generous: AppRules {
        var rules = AppRules()
        rules.features = AppRules.Feature.allCases
        rules.defaultNetworkName = "dcos"
        rules.roles = AppRules.Roles(valid: ["*", "dev"], standard: "*")
        return rules
    }

    static func update(_ json: JSONValue) throws(ModelRejection) -> AppUpdate { try AppUpdate(json) }

    static func app(_ json: JSONValue, rules: AppRules = rules) throws(ModelRejection) -> AppDefinition {
        try AppDefinition(AppUpdate(json), rules: rules, versionInfo: VersionInfo(moment))
    }

    /// A valid app with some members more, or other ones.
    static func members(_ members: [(String, JSONValue)]) -> JSONValue {
        var object = JSONObject([("id", "/a"), ("cmd", "sleep 1000")])
        for (name, value) in members { object[name] = value }
        return .object(object)
    }

    static func rejection(_ json: JSONValue, rules: AppRules = rules) -> ModelRejection? {
        do {
            _ = try app(json, rules: rules)
            return nil
        } catch { return error }
    }

    static func text(_ app: AppDefinition) -> String {
        var writer = JSONWriter()
        app.write(into: &writer)
        return String(decoding: writer.bytes, as: UTF8.self)
    }

    static func json(_ app: AppDefinition) throws -> JSONValue { try JSONValue(parsing: text(app)) }

    static func text(_ rejection: ModelRejection) -> String {
        var writer = JSONWriter()
        rejection.write(into: &writer)
        return String(decoding: writer.bytes, as: UTF8.self)
    }
}

/// A small deterministic generator of test inputs (SplitMix64).
struct Lottery: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
        return mixed ^ (mixed >> 31)
    }

    mutating func below(_ bound: Int) -> Int { bound > 0 ? Int.random(in: 0..<bound, using: &self) : 0 }
}
