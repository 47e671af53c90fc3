import JSON
import Machine
import MasterCore
import Resources

/// The roles that frameworks are subscribed to, that something is reserved for or that have a weight, and their ancestors, by name.
/// Specified by Mesos 1.11 docs/roles.md ("GET /roles").
struct RolesReport {
    struct Entry {
        var weight = 1.0
        var frameworks: [String] = []
        var allocated = Resources()
        var offered = Resources()
        var reserved = Resources()
    }

    private(set) var entries: [(name: String, entry: Entry)] = []
    private let weights: [Kernel.RoleWeight]

    init(_ snapshot: Snapshot) {
        weights = snapshot.settings.weights
        var roles: [String: Entry] = [:]
        snapshot.frameworks.forEach { _, framework in
            guard !framework.isCompleted else { return }
            for role in framework.spec.roles { roles[role, default: Entry()].frameworks.append(framework.id) }
        }
        for weight in weights { roles[weight.role, default: Entry()].weight = Double(weight.weight) / 1000 }
        snapshot.agents.forEach { _, agent in
            let view = snapshot.view(agent)
            for part in view.used { roles[part.role, default: Entry()].allocated.add(part.resources) }
            for part in view.offered { roles[part.role, default: Entry()].offered.add(part.resources) }
            for role in view.total.reservedRoles { roles[role, default: Entry()].reserved.add(view.total.reserved(for: role)) }
        }
        for (role, entry) in roles {
            for ancestor in Role.ancestors(of: role) {
                roles[ancestor, default: Entry()].allocated.add(entry.allocated)
                roles[ancestor, default: Entry()].offered.add(entry.offered)
                roles[ancestor, default: Entry()].reserved.add(entry.reserved)
            }
        }
        entries = roles.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
    }

    func json() -> [UInt8] {
        var writer = JSONWriter()
        writer.beginObject()
        writer.key(verbatim: "roles")
        writer.beginArray()
        for (name, entry) in entries {
            writer.beginObject()
            writer.member("name", name)
            writer.member("weight", entry.weight)
            writer.key(verbatim: "quota")
            writer.beginObject()
            writer.member("role", name)
            writer.member("guarantee", Quantities())
            writer.member("limit", Quantities())
            writer.member("consumed", (entry.allocated + entry.reserved).quantities)
            writer.endObject()
            writer.member("resources", entry.allocated + entry.offered)
            writer.member("allocated", entry.allocated.quantities)
            writer.member("offered", entry.offered.quantities)
            writer.member("reserved", entry.reserved.quantities)
            writer.member("frameworks", entry.frameworks)
            writer.endObject()
        }
        writer.endArray()
        writer.endObject()
        return writer.takeBytes()
    }

    func weightsJSON() -> [UInt8] {
        var writer = JSONWriter()
        writer.beginArray()
        for weight in weights {
            writer.beginObject()
            writer.member("role", weight.role)
            writer.member("weight", Double(weight.weight) / 1000)
            writer.endObject()
        }
        writer.endArray()
        return writer.takeBytes()
    }
}
