import FrameworkCore
import Machine

/// What one version of the root group changed: for all that changed, what was before. The state at an earlier version is the present one
/// with everything undone that came later.
struct RootChange: Sendable {
    struct AppBefore: Sendable {
        let id: PathID
        /// nil: there was no such app.
        let definition: Definition?
    }

    struct GroupBefore: Sendable {
        let id: PathID
        /// nil: the group was not there, or only as a part of apps' ids.
        let group: Group?
    }

    let version: Timestamp
    var apps: [AppBefore] = []
    var groups: [GroupBefore] = []

    init(version: Timestamp) { self.version = version }

    /// Whether anything changed in a group.
    func concerns(_ id: PathID) -> Bool {
        id.isRoot || apps.contains { $0.id.isWithin(id) } || groups.contains { $0.id.isWithin(id) }
    }
}

extension RootChange {
    private static let format: UInt64 = 1

    /// References to definitions, not these themselves.
    var stored: [UInt8] {
        var writer = RecordingWriter()
        writer.put(Self.format)
        writer.put(version.milliseconds)
        writer.put(apps) { writer, before in
            writer.put(before.id.description)
            writer.put(before.definition?.app.version.milliseconds)
        }
        writer.put(groups) { writer, before in
            writer.put(before.id.description)
            writer.put(before.group) { $0.put($1.stored) }
        }
        return writer.bytes
    }

    /// - Parameter definition: finds the definition of a version of an app.
    /// - Returns: also whether all definitions were found; those that weren't are left out.
    static func read(
        _ stored: [UInt8], definition: (PathID, Timestamp) -> Definition?
    ) throws(RecordingError) -> (change: RootChange, isComplete: Bool) {
        var reader = RecordingReader(stored)
        guard try reader.uint64() == Self.format else { throw .invalid("a version of the root group in another format") }
        var change = RootChange(version: Timestamp(milliseconds: try reader.int64()))
        var isComplete = true
        let apps = try reader.array { reader throws(RecordingError) in
            (id: PathID(try reader.string()), version: try reader.optionalTimestamp())
        }
        for (id, version) in apps {
            let known = version.flatMap { definition(id, $0) }
            if version != nil, known == nil {
                isComplete = false
            } else {
                change.apps.append(AppBefore(id: id, definition: known))
            }
        }
        change.groups = try reader.array { reader throws(RecordingError) in
            let id = PathID(try reader.string())
            let group = try reader.optional { reader throws(RecordingError) in try Group(stored: try reader.data()) }
            return GroupBefore(id: id, group: group)
        }
        return (change, isComplete)
    }
}
