package import JSON

extension Run {
    /// What a run was given, beside what its job has: each of its attempts gets it.
    package struct Parameters: Hashable, Sendable {
        /// Instead of the job's own.
        package var arguments: String?
        /// Beside the job's own, and before them where the names are the same.
        package var environment: [JobDefinition.Variable] = []
        /// In the variable `AGORA_JOB_PAYLOAD`.
        package var payload: String?

        package init(arguments: String? = nil) { self.arguments = arguments }

        /// About how much of the store it takes, in bytes.
        var size: Int {
            environment.reduce((arguments?.utf8.count ?? 0) + (payload?.utf8.count ?? 0)) { $0 + $1.name.utf8.count + $1.value.utf8.count }
        }
    }
}

extension Run.Parameters {
    /// In bytes.
    private static let longestPayload = 16_384
    private static let longestRest = 32_768
    /// Variables.
    private static let most = 100

    /// Reads the body of a request for a run: `arguments` (a text or an array of texts), `environment` (an object, or an array of objects with `name`
    /// and `value`), `payload` (a text).
    /// - Throws: what is wrong with it, in one line.
    package init(_ json: JSONValue) throws(Rejection) {
        let members = try Members(json)
        for member in json.object ?? JSONObject() where !["arguments", "environment", "payload"].contains(member.name) {
            throw Rejection("'\(member.name)' is nothing that a run is given: arguments, environment, payload")
        }
        self.init(arguments: try Self.arguments(json, members))
        environment = try Self.environment(json, members)
        payload = try members.text("payload")
        if let ownFlaw { throw Rejection(ownFlaw) }
    }

    /// Why no job at all can be run with this, however it was given; nil if one can.
    private var ownFlaw: String? {
        if let payload, payload.utf8.count > Self.longestPayload {
            return "payload has \(payload.utf8.count) bytes, and at most \(Self.longestPayload) are taken"
        }
        if environment.count > Self.most { return "environment: a run has at most \(Self.most) variables of its own" }
        let rest = size - (payload?.utf8.count ?? 0)
        if rest > Self.longestRest { return "arguments and environment have \(rest) bytes, and at most \(Self.longestRest) are taken" }
        let texts = [arguments ?? "", payload ?? ""] + environment.flatMap { [$0.name, $0.value] }
        return texts.contains { $0.utf8.contains(0) } ? "a text has a NUL character in it" : nil
    }

    private static func arguments(_ json: JSONValue, _ members: Members) throws(Rejection) -> String? {
        json["arguments"]?.array == nil ? try members.text("arguments") : try members.texts("arguments")?.joined(separator: " ")
    }

    private static func environment(_ json: JSONValue, _ members: Members) throws(Rejection) -> [JobDefinition.Variable] {
        var result: [JobDefinition.Variable] = []
        if let object = json["environment"]?.object {
            let values = try Members(.object(object), path: "environment.")
            for member in object { result.append(.init(name: member.name, value: try values.text(member.name) ?? "")) }
        } else {
            for entry in try members.objects("environment") ?? [] {
                result.append(.init(name: try entry.text("name") ?? "", value: try entry.text("value") ?? ""))
            }
        }
        var names: Set<String> = []
        for variable in result {
            if variable.name.isEmpty || variable.name.contains("=") { throw Rejection("environment: '\(variable.name)' is no name of a variable") }
            if TaskBuilder.isReserved(variable.name) { throw Rejection("environment: \(variable.name) is set by the scheduler") }
            if !names.insert(variable.name).inserted { throw Rejection("environment: \(variable.name) is given twice") }
        }
        return result
    }

    /// Why a job can't be run with this; nil if it can.
    func flaw(for definition: JobDefinition) -> String? {
        if let ownFlaw { return ownFlaw }
        guard let rule = definition.options.parameters else { return nil }
        let given = environment.map(\.name)
        let missing = rule.required.filter { !given.contains($0) }
        if !missing.isEmpty { return "'\(definition.name)' needs \(missing.joined(separator: ", ")) in its environment to run" }
        let unknown = given.filter { !rule.required.contains($0) && !rule.optional.contains($0) }
        if !unknown.isEmpty { return "'\(definition.name)' doesn't take \(unknown.joined(separator: ", ")) in its environment" }
        switch (rule.payload, payload) {
        case (.required, nil): return "'\(definition.name)' needs a payload to run"
        case (.forbidden, _?): return "'\(definition.name)' takes no payload"
        default: return nil
        }
    }
}
