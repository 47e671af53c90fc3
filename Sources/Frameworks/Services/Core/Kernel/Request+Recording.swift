package import Machine

extension Services.Request: Recordable {
    package func record(into writer: inout RecordingWriter) {
        switch self {
        case .createApp(let body, let force, let uri):
            writer.put(0)
            writer.put(body.json)
            writer.put(force)
            writer.put(uri)
        case .updateApp(let id, let body, let options, let uri):
            writer.put(1)
            writer.put(id.description)
            writer.put(body.json)
            writer.put(options)
            writer.put(uri)
        case .updateApps(let bodies, let options):
            writer.put(2)
            writer.put(bodies.json)
            writer.put(options)
        case .deleteApp(let id, let force): put(3, id.description, force, &writer)
        case .restartApp(let id, let force): put(4, id.description, force, &writer)
        case .killTasks(let selection, let options):
            writer.put(5)
            writer.put(selection)
            for flag in [options.scale, options.wipe, options.force] { writer.put(flag) }
        case .cancelDeployment(let id, let force): put(6, id, force, &writer)
        case .resetDelay(let id):
            writer.put(7)
            writer.put(id.description)
        case .deleteGroup(let id, let force): put(8, id.description, force, &writer)
        case .createGroup(let id, let body, let force):
            put(9, id.description, force, &writer)
            writer.put(body.json)
        case .updateGroup(let id, let body, let force, let isDry):
            put(10, id.description, force, &writer)
            writer.put(body.json)
            writer.put(isDry)
        case .enforceRole(let id, let body):
            put(11, id.description, false, &writer)
            writer.put(body.json)
        }
    }

    private func put(_ kind: Int, _ text: String, _ force: Bool, _ writer: inout RecordingWriter) {
        writer.put(kind)
        writer.put(text)
        writer.put(force)
    }

    package init(from reader: inout RecordingReader) throws(RecordingError) {
        switch try reader.int() {
        case 0: self = .createApp(try reader.body(), force: try reader.bool(), uri: try reader.string())
        case 1: self = .updateApp(try reader.path(), try reader.body(), try .init(from: &reader), uri: try reader.string())
        case 2:
            let json = try reader.data()
            let bodies: AppBodies
            do { bodies = try AppBodies(json: json) } catch { throw .invalid("body") }
            self = .updateApps(bodies, try .init(from: &reader))
        case 3: self = .deleteApp(try reader.path(), force: try reader.bool())
        case 4: self = .restartApp(try reader.path(), force: try reader.bool())
        case 5:
            let selection = try Services.KillSelection(from: &reader)
            self = .killTasks(selection, .init(scale: try reader.bool(), wipe: try reader.bool(), force: try reader.bool()))
        case 6: self = .cancelDeployment(try reader.string(), force: try reader.bool())
        case 7: self = .resetDelay(try reader.path())
        case 8: self = .deleteGroup(try reader.path(), force: try reader.bool())
        case 9:
            let (id, force) = (try reader.path(), try reader.bool())
            self = .createGroup(id, try reader.groupBody(), force: force)
        case 10:
            let (id, force) = (try reader.path(), try reader.bool())
            self = .updateGroup(id, try reader.groupBody(), force: force, isDry: try reader.bool())
        case 11:
            let (id, _) = (try reader.path(), try reader.bool())
            self = .enforceRole(id, try reader.groupBody())
        default: throw .invalid("request")
        }
    }
}

extension Services.UpdateOptions: Recordable {
    package func record(into writer: inout RecordingWriter) {
        for flag in [force, isPartial, mustExist] { writer.put(flag) }
    }

    package init(from reader: inout RecordingReader) throws(RecordingError) {
        self.init(force: try reader.bool(), isPartial: try reader.bool(), mustExist: try reader.bool())
    }
}

extension Services.KillSelection: Recordable {
    package func record(into writer: inout RecordingWriter) {
        switch self {
        case .app(let id, let host):
            writer.put(0)
            writer.put(id.description)
            writer.put(host)
        case .task(let task, let id, let host):
            writer.put(1)
            writer.put(task)
            writer.put(id.description)
            writer.put(host)
        case .tasks(let tasks):
            writer.put(2)
            writer.put(tasks) { $0.put($1) }
        }
    }

    package init(from reader: inout RecordingReader) throws(RecordingError) {
        switch try reader.int() {
        case 0: self = .app(try reader.path(), host: try reader.optionalString())
        case 1: self = .task(try reader.string(), of: try reader.path(), host: try reader.optionalString())
        case 2: self = .tasks(try reader.array { reader throws(RecordingError) in try reader.string() })
        default: throw .invalid("selection")
        }
    }
}

extension RecordingReader {
    fileprivate mutating func path() throws(RecordingError) -> PathID { PathID(try string()) }

    fileprivate mutating func groupBody() throws(RecordingError) -> GroupBody {
        let json = try data()
        do { return try GroupBody(json: json) } catch { throw .invalid("body") }
    }

    fileprivate mutating func body() throws(RecordingError) -> AppBody {
        let json = try data()
        do { return try AppBody(json: json) } catch { throw .invalid("body") }
    }
}
