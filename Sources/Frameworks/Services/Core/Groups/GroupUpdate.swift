package import FrameworkCore
package import JSON

/// What a request says of a group: the members present in its body. Specified by Marathon 1.11 docs/application-groups.md.
package struct GroupUpdate: Hashable, Sendable {
    /// Groups may stand inside one another so deep.
    private static let deepest = 50

    /// As written; may be relative.
    package var id: String?
    /// nil: the group's apps stay as they are; else exactly these are its own.
    package var apps: [AppUpdate]?
    /// nil: the groups below stay as they are; else exactly these are there.
    package var groups: [GroupUpdate]?
    /// As written; may be relative.
    package var dependencies: [String]?
    package var enforceRole: Bool?
    /// Asks for a rollback.
    package var version: Timestamp?
    /// Multiplies the instances of all apps below.
    package var scaleBy: Double?

    package init() {}

    /// - Throws: `.schema` with all members of a wrong type.
    package init(_ json: JSONValue) throws(ModelRejection) {
        self.init()
        let errors = SchemaErrors()
        if let reader = SchemaReader.object(json, "", errors) { read(reader, depth: 0) }
        if !errors.violations.isEmpty {
            throw .schema(errors.violations.map { $0.path.isEmpty ? Violation("/", $0.errors) : $0 })
        }
    }

    private mutating func read(_ reader: SchemaReader, depth: Int) {
        id = reader.string("id", length: 1...Int.max)
        apps = reader.objects("apps") { AppUpdate($0) }
        dependencies = reader.strings("dependencies")
        enforceRole = reader.bool("enforceRole")
        scaleBy = reader.number("scaleBy", in: 0...1e6)
        if let text = reader.string("version") {
            version = Timestamp(text)
            if version == nil { reader.errors.add(reader.path(of: "version"), Timestamp.invalidMessage(text)) }
        }
        groups = reader.objects("groups") { reader in
            guard depth < Self.deepest else {
                reader.errors.add(reader.path, "groups are nested too deep")
                return nil
            }
            var group = GroupUpdate()
            group.read(reader, depth: depth + 1)
            return group
        }
    }

    /// What else than structure a request asks for must stand alone.
    var loneMemberViolations: [Violation] {
        var rest = self
        rest.id = nil
        let hasStructure = rest.apps != nil || rest.groups != nil || rest.dependencies != nil || rest.enforceRole != nil
        var violations: [Violation] = []
        if version != nil, hasStructure || scaleBy != nil {
            violations.add("/version", "not allowed in conjunction with other properties.")
        }
        if scaleBy != nil, hasStructure || version != nil {
            violations.add("/scaleBy", "not allowed in conjunction with other properties.")
        }
        return violations
    }
}

/// The body of a request for a group; a recording holds its bytes.
package struct GroupBody: Sendable {
    package let json: [UInt8]
    package let update: GroupUpdate

    package init(json: [UInt8]) throws {
        self.json = json
        update = try GroupUpdate(JSONValue(parsing: json))
    }
}
