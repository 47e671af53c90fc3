import FrameworkCore
import Machine
import MesosAPI

@testable import BatchCore

/// The batch scheduler's process: its core, its line to the master, and its clients' requests.
final class BatchHost: Host<Batch> {
    private let master: ModelMaster
    private let plant: YearPlant?
    /// The files of the zones that jobs name, as the machine has them.
    private let zones: [Batch.ZoneData]
    private var questions: [UInt64: (Batch.Answer) -> Void] = [:]
    private var nextQuestion: UInt64 = 1
    /// The core has said what the framework looks like, so that it can subscribe.
    private var isPresented = false

    init(world: World, network: Network, computer: Computer, master: ModelMaster, zones: [Batch.ZoneData], plant: YearPlant?) {
        self.master = master
        self.zones = zones
        self.plant = plant
        super.init(world: world, network: network, computer: computer, name: "batch", saboteur: Saboteur(plant))
        master.onEvent = { [unowned self] event in heard { [self] in post(.told(event)) } }
    }

    override func makeCore() -> Batch { Batch() }

    override func firstInput() -> Batch.Input {
        let entries = Batch.tables.flatMap { table in disk.rows(table).map { StoredEntry(table: table, key: $0.key, value: $0.value) } }
        return .started(.init(seed: world.chance.next(), configuration: Configuration(), entries: entries, zones: zones))
    }

    override func started() { isPresented = false }

    override func ended(withMachine: Bool) {
        master.hangUp()
        questions = [:]
    }

    /// `answer` is called once, or never if the process dies first.
    func ask(_ request: Batch.Request, _ answer: @escaping (Batch.Answer) -> Void) {
        heard { [self] in
            questions[nextQuestion] = answer
            post(.asked(number: nextQuestion, Origin(peer: "client"), request))
            nextQuestion += 1
        }
    }

    /// The connection breaks, and is made again.
    func reconnect(after delay: Int64) {
        guard isUp, isPresented else { return }
        master.hangUp()
        post(.told(.disconnected))
        later(delay) { [self] in connect() }
    }

    private func connect() {
        if master.isUp { master.subscribe() } else { later(world.draw(500 * .millisecond...2 * .second)) { [self] in connect() } }
    }

    override func perform(_ effect: Batch.Effect) {
        switch effect {
        case .store, .wake: break
        // A plant: nobody is asked what became of the tasks that may be somewhere.
        case .call(let call): if plant != .neverAsks || call.type != .reconcile { master.take(call) }
        case .present:
            if !isPresented { later(world.draw(10 * .millisecond...500 * .millisecond)) { [self] in connect() } }
            isPresented = true
        case .answer(let number, let answer): questions.removeValue(forKey: number)?(answer)
        case .beginEvents, .emit, .notify, .giveUp: break
        case .report(let entry, let reason): world.fail("readable", "\(entry) can't be read: \(reason)")
        case .fail(let reason): world.fail("batch", "batch can't go on: \(reason)")
        }
    }
}
