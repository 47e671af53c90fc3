import FrameworkCore
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
    let now: Timestamp

    /// - Parameter apps: at least all apps below the group, in order.
    func write(_ id: PathID, _ apps: some Sequence<App>, into writer: inout JSONWriter) {
        let below = apps.filter { $0.id.isWithin(id) && $0.id != id }
        let own = below.filter { $0.id.parent == id }
        let groups = children(of: id, below)
        let entry = services.groups[id]
        writer.beginObject()
        writer.member("id", id.description)
        if embed.showsApps {
            writer.key(verbatim: "apps")
            writer.array(own) { AppWriter(services: services, embed: embed.apps, now: now).write($1, into: &$0) }
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
        writer.array(entry?.dependencies ?? []) { $0.string($1.description) }
        let versions = below.compactMap { $0.definition?.app.version } + (entry.map { [$0.version] } ?? [])
        writer.member("version", (versions.max() ?? Timestamp(milliseconds: 0)).description)
        if id.isTopLevel { writer.member("enforceRole", entry?.enforcesRole ?? false) }
        writer.endObject()
    }

    /// The groups directly below, whether made as such or only by the ids of apps.
    private func children(of id: PathID, _ below: [App]) -> [PathID] {
        Self.children(of: id, below.map(\.id).filter { $0.parent != id }, services.groupIDs)
    }

    private static func children(of id: PathID, _ apps: [PathID], _ groups: [PathID]) -> [PathID] {
        let made = groups.filter { $0.isWithin(id) && $0 != id }
        var children: [PathID] = []
        for path in (apps + made).sorted() {
            let child = PathID("/" + path.segments.prefix(id.segments.count + 1).joined(separator: "/"))
            if children.last != child { children.append(child) }
        }
        return children
    }

    /// A group as it was: without anything that lives.
    static func write(_ id: PathID, at version: Timestamp, _ past: PastGroup, into writer: inout JSONWriter) {
        let entry = past.groups.first { $0.id == id }?.group
        writer.beginObject()
        writer.member("id", id.description)
        writer.key(verbatim: "apps")
        writer.array(past.apps.filter { $0.app.id.parent == id }) { $1.app.write(into: &$0) }
        writer.key(verbatim: "pods")
        writer.array([String]()) { $0.string($1) }
        writer.key(verbatim: "groups")
        writer.array(children(of: id, past)) { write($1, at: version, past, into: &$0) }
        writer.key(verbatim: "dependencies")
        writer.array(entry?.dependencies ?? []) { $0.string($1.description) }
        writer.member("version", version.description)
        if id.isTopLevel { writer.member("enforceRole", entry?.enforcesRole ?? false) }
        writer.endObject()
    }

    private static func children(of id: PathID, _ past: PastGroup) -> [PathID] {
        children(of: id, past.apps.map(\.app.id).filter { $0.isWithin(id) && $0.parent != id }, past.groups.map(\.id))
    }

    func writeApps(of id: PathID, into writer: inout JSONWriter) {
        let apps = services.existingApps.filter { $0.id.isWithin(id) && $0.id != id }
        writer.array(apps) { AppWriter(services: services, embed: embed.apps, now: now).write($1, into: &$0) }
    }
}
