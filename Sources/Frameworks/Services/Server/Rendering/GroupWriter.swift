import JSON
import ServicesCore
import Transport

/// What an answer shows of groups.
struct GroupEmbed: Sendable {
    var showsGroups = true
    var showsApps = true
    var showsPods = true
    var apps: AppEmbed = [.counts, .deployments]

    init(_ query: Query) {
        let words = query.all("embed").filter { $0.hasPrefix("group.") }
        guard !words.isEmpty else { return }
        showsGroups = words.contains("group.groups")
        showsApps = words.contains { $0 == "group.apps" || $0.hasPrefix("group.apps.") }
        showsPods = words.contains("group.pods")
        apps.formUnion(AppEmbed(words: words.filter { $0.hasPrefix("group.apps.") }))
    }
}

/// Writes groups as the ids of apps make them. Specified by Marathon 1.11 docs/rest-api (group.raml).
struct GroupWriter {
    let services: Services
    let embed: GroupEmbed

    /// - Parameter apps: at least all apps below the group, in order.
    func write(_ id: PathID, _ apps: some Sequence<App>, into writer: inout JSONWriter) {
        let below = apps.filter { $0.id.isWithin(id) && $0.id != id }
        let own = below.filter { $0.id.parent == id }
        var groups: [PathID] = []
        for app in below where app.id.parent != id {
            let group = PathID("/" + app.id.segments.prefix(id.segments.count + 1).joined(separator: "/"))
            if groups.last != group { groups.append(group) }
        }
        writer.beginObject()
        writer.member("id", id.description)
        if embed.showsApps {
            writer.key(verbatim: "apps")
            writer.array(own) { AppWriter(services: services, embed: embed.apps).write($1, into: &$0) }
        }
        if embed.showsPods {
            writer.key(verbatim: "pods")
            writer.array([String]()) { $0.string($1) }
        }
        if embed.showsGroups {
            writer.key(verbatim: "groups")
            writer.array(groups) { write($1, below, into: &$0) }
        }
        writer.key(verbatim: "dependencies")
        writer.array([String]()) { $0.string($1) }
        let version = below.compactMap { $0.definition?.app.version }.max() ?? Timestamp(milliseconds: 0)
        writer.member("version", version.description)
        if id.isTopLevel { writer.member("enforceRole", false) }
        writer.endObject()
    }

    func writeApps(of id: PathID, into writer: inout JSONWriter) {
        let apps = services.existingApps.filter { $0.id.isWithin(id) && $0.id != id }
        writer.array(apps) { AppWriter(services: services, embed: embed.apps).write($1, into: &$0) }
    }
}
