import FrameworkCore
import JSON
import Machine

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
