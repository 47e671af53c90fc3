import FrameworkCore
import JSON
import Machine

extension Definition {
    /// The definition's JSON.
    var stored: [UInt8] {
        var writer = JSONWriter()
        app.write(into: &writer)
        return writer.bytes
    }

    convenience init(stored: [UInt8]) throws {
        self.init(try AppDefinition(stored: JSONValue(parsing: stored)))
    }
}

extension Deployment {
    private static let format: UInt64 = 1

    /// A deployment's plan and what it changes. Not how far it has got: its actions find that out.
    var stored: [UInt8] {
        var writer = RecordingWriter()
        writer.put(Self.format)
        writer.put(plan.version.milliseconds)
        writer.put(plan.steps) { writer, step in
            writer.put(step) { writer, action in
                writer.put(action.name)
                writer.put(action.app.description)
            }
        }
        writer.put(changes) { writer, change in
            writer.put(change.id.description)
            writer.put(change.original?.app.version.milliseconds)
            writer.put(change.target?.app.version.milliseconds)
            writer.put(change.kills) { $0.put($1.description) }
            writer.put(change.isRestart)
        }
        return writer.bytes
    }

    /// - Parameter definition: finds the definition of a version of an app.
    init(id: String, stored: [UInt8], definition: (PathID, Timestamp) -> Definition?) throws(RecordingError) {
        var reader = RecordingReader(stored)
        guard try reader.uint64() == Self.format else { throw .invalid("a deployment of another format") }
        let version = Timestamp(milliseconds: try reader.int64())
        let steps = try reader.array { reader throws(RecordingError) in
            try reader.array { reader throws(RecordingError) in try Action(name: reader.string(), app: PathID(reader.string())) }
        }
        let changes = try reader.array { reader throws(RecordingError) in
            let id = PathID(try reader.string())
            let original = try reader.optionalTimestamp()
            let target = try reader.optionalTimestamp()
            let kills = try reader.array { reader throws(RecordingError) in InstanceID(try reader.string()) }
            let isRestart = try reader.bool()
            return AppChange(
                id: id, original: original.flatMap { definition(id, $0) }, target: target.flatMap { definition(id, $0) },
                kills: kills.compactMap { $0 }, isRestart: isRestart)
        }
        self.init(plan: Plan(id: id, version: version, steps: steps, affected: changes.map(\.id).sorted()), changes: changes)
    }
}

extension Deployment.Action {
    fileprivate init(name: String, app: PathID) throws(RecordingError) {
        let all: [Self] = [.start(app), .stop(app), .scale(app), .restart(app)]
        guard let action = all.first(where: { $0.name == name }) else { throw .invalid("action \(name)") }
        self = action
    }
}
