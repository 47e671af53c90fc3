import FrameworkCore
import JSON
import Machine
import MesosAPI
import SwiftProtobuf

@testable import ServicesCore

/// The services' process: its core, its line to the master, and its clients' requests.
final class ServicesHost: Host<Services> {
    private(set) var client: MasterClient!
    private var framework = Mesos_V1_FrameworkInfo()
    private var suppressed: [String] = []
    /// The core has said what the framework looks like, so that it can subscribe.
    private var isPresented = false
    private var questions: [UInt64: (Services.Answer) -> Void] = [:]
    private var nextQuestion: UInt64 = 1

    init(world: World, network: Network, computer: Computer, saboteur: Saboteur, master: MasterHost) {
        super.init(world: world, network: network, computer: computer, name: "services", saboteur: saboteur)
        client = MasterClient(
            world: world, network: network, place: computer.place, peer: name, master: master, manner: .ordered,
            heard: { [unowned self] body in heard(body) })
        client.subscription = { [unowned self] in
            var call = Mesos_V1_Scheduler_Call()
            call.type = .subscribe
            if framework.hasID { call.frameworkID = framework.id }
            call.subscribe.frameworkInfo = framework
            call.subscribe.suppressedRoles = suppressed
            return call
        }
        client.onEvent = { [unowned self] event in take(event) }
        client.onDisconnected = { [unowned self] in post(.told(.disconnected)) }
    }

    override func makeCore() -> Services { Services() }

    override func firstInput() -> Services.Input {
        var entries: [StoredEntry] = []
        for table in Services.tables { entries += disk.rows(table).map { .init(table: table, key: $0.key, value: $0.value) } }
        return .started(.init(seed: world.chance.next(), configuration: Configuration(), entries: entries))
    }

    override func started() {
        framework = Mesos_V1_FrameworkInfo()
        isPresented = false
    }

    override func ended(withMachine: Bool) {
        client.stop(withMachine: withMachine)
        questions = [:]
    }

    override func freezeChanged() { for end in client.ends { end.isFrozen = isFrozen } }

    private func take(_ event: Mesos_V1_Scheduler_Event) {
        switch event.type {
        case .subscribed:
            framework.id = event.subscribed.frameworkID
            post(.told(.subscribed(frameworkID: event.subscribed.frameworkID.value, master: "master:5050", region: nil)))
        case .offers: post(.told(.offered(event.offers.offers)))
        case .update: post(.told(.updated(event.update.status)))
        case .error: world.fail("services", "the master refuses services: \(event.error.message)")
        default: break
        }
    }

    /// `answer` is called once, or never if the process dies first.
    func ask(_ request: Services.Request, _ answer: @escaping (Services.Answer) -> Void) {
        heard { [self] in
            let number = nextQuestion
            nextQuestion += 1
            questions[number] = answer
            post(.asked(number: number, Origin(peer: "client"), request))
        }
    }

    override func isCarriedOutEarly(_ effect: Services.Effect) -> Bool {
        if saboteur.answersEarly, case .answer = effect { return true }
        return super.isCarriedOutEarly(effect)
    }

    override func perform(_ effect: Services.Effect) {
        switch effect {
        case .store, .wake, .emit: break
        case .call(var call):
            call.frameworkID = framework.id
            client.send(call)
        case .present(let framework, let suppressedRoles):
            let id = self.framework.id
            self.framework = framework
            if !framework.hasID, !id.value.isEmpty { self.framework.id = id }
            suppressed = suppressedRoles
            if !isPresented { client.start() }
            isPresented = true
        case .answer(let number, let answer): questions.removeValue(forKey: number)?(answer)
        case .probe(let probe):
            later(world.draw(1 * .millisecond...50 * .millisecond)) { [self] in post(.probed(probe.task, check: probe.check, .passed)) }
        case .askReadiness: break
        case .fail(let reason): world.fail("services", "services can't go on: \(reason)")
        }
    }
}
