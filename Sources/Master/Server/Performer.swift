import Logging
import MasterCore
import Runtime
import Synchronization
import Transport

/// Carries out what the core orders, on the loop's releasing thread; never waits.
final class Performer: Sendable {
    let streams = EventStreams()
    let links = AgentLinks()
    let answers = Answers<Kernel.Answer>()
    let observers: ObserverStreams
    private let logger: Logger
    private let encoder = Mutex<(identity: MasterIdentity, events: EventEncoder)?>(nil)

    init(logger: Logger) {
        self.logger = logger
        observers = ObserverStreams(streams: streams)
    }

    var identity: MasterIdentity? { encoder.withLock { $0?.identity } }

    /// - Parameter heartbeatInterval: in seconds.
    func setIdentity(_ identity: MasterIdentity, heartbeatInterval: Double) {
        let events = EventEncoder(masterInfo: identity.encoded, heartbeatInterval: heartbeatInterval)
        encoder.withLock { $0 = (identity, events) }
        observers.begin(heartbeatInterval: heartbeatInterval)
    }

    func perform(_ effect: Kernel.Effect) {
        switch effect {
        // The loop itself carries these out.
        case .store, .wake: break
        case .answer(let question, let answer): answers.answer(question, answer)
        case .send(let stream, let event):
            // Nobody can have subscribed before the identity was known.
            guard let events = encoder.withLock({ $0?.events }) else { return }
            streams.send(stream) { events.record(event, $0) }
        case .end(let stream): streams.end(stream)
        case .order(let link, let order): links.send(link, order)
        case .cut(let link): links.cut(link)
        case .observe(let observation): observers.observe(observation)
        case .observing(let stream, let snapshot): observers.add(stream, snapshot)
        case .log(let line): log(line)
        }
    }

    private func log(_ line: Kernel.LogLine) {
        let level: Logger.Level =
            switch line.level {
            case .debug: .debug
            case .info: .info
            case .notice: .notice
            case .warning: .warning
            }
        guard logger.logLevel <= level else { return }
        var metadata: Logger.Metadata = [:]
        for detail in line.details { metadata[detail.name] = "\(detail.value)" }
        logger.log(level: level, "\(line.message)", metadata: metadata)
    }
}
