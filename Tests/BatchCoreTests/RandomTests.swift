import FrameworkCore
import Machine
import MesosAPI
import Testing

@testable import BatchCore

/// Random lives: clients, tasks, agents, master and process do what they like; then all of it is healed, and everything must come to its end.
struct RandomTests {
    private struct Life {
        var world: World
        var random: SplitMix
        /// All runs that were ever seen, with their last outcome, by key.
        var seen: [String: Run.Outcome?] = [:]
        /// All outcomes of indices.
        var decided: [String: Run.Outcome] = [:]

        init(seed: UInt64) {
            random = SplitMix(seed: seed)
            var configuration = Configuration()
            configuration.history = 1_000
            configuration.notices.channels = [.slack]
            configuration.notices.age = 60_000
            world = World(agents: Int(1 + random.draw(below: 3)), configuration: configuration)
            world.startsTasks = false
            for index in 0..<Int(2 + random.draw(below: 4)) { create(index) }
        }

        mutating func chance(_ percent: UInt64) -> Bool { random.draw(below: 100) < percent }

        mutating func pick<Element>(_ elements: [Element]) -> Element? {
            elements.isEmpty ? nil : elements[Int(random.draw(below: UInt64(elements.count)))]
        }

        private mutating func create(_ index: Int) {
            let policy = pick(["ALLOW", "FORBID", "REPLACE", "QUEUE"]) ?? "QUEUE"
            let catchUp = pick(["NONE", "ONE", "ALL"]) ?? "ONE"
            let parents = (0..<index).filter { _ in random.draw(below: 3) == 0 }.map { "\"j\($0)\"" }
            let trigger =
                parents.isEmpty
                ? #""schedule":"R\#(chance(50) ? "5" : "")/2026-01-01T00:00:\#(10 + random.draw(below: 50))Z/PT\#(1 + random.draw(below: 3))M""#
                : #""parents":[\#(parents.joined(separator: ","))]"#
            world.put(
                #"{"name":"j\#(index)","command":"x","cpus":\#(1 + random.draw(below: 4)),"mem":1,"retries":\#(random.draw(below: 3)),"#
                    + #""retryDelaySeconds":\#(random.draw(below: 100)),"concurrencyPolicy":"\#(policy)","catchUp":"\#(catchUp)","#
                    + #"\#(chance(40) ? indices() : "")"triggerRule":"\#(pick(["ALL_SUCCESS", "ALL_DONE", "ONE_SUCCESS"]) ?? "")","#
                    + #""softError":\#(chance(30)),\#(chance(30) ? #""unreachableTimeoutSeconds":60,"# : "")\#(trigger)}"#)
        }

        private mutating func indices() -> String {
            let count = 2 + random.draw(below: 20)
            return #""completions":\#(count),"parallelism":\#(1 + random.draw(below: count)),"requiredSuccesses":\#(1 + random.draw(below: count)),"#
        }

        mutating func step() {
            let task = pick(world.tasks.keys.sorted())
            let job = "j\(random.draw(below: 6))"
            switch random.draw(below: 24) {
            case 0..<6: world.step()
            case 6: world.now = world.now.advanced(by: Int64(random.draw(below: 40_000)) * .millisecond)
            case 7, 8, 9: if let task { world.report(task, pick([.taskRunning, .taskFinished, .taskFailed]) ?? .taskRunning) }
            case 10: if let task { world.report(task, pick([.taskUnreachable, .taskGone, .taskDropped, .taskKilled]) ?? .taskGone) }
            case 11: if chance(30) { world.crash() }
            case 12:
                if chance(70) { world.ask(.run(job, arguments: nil)) } else { world.ask(.start(job, .init(arguments: "\(random.draw(below: 3))"))) }
            case 13: if chance(20) { world.ask(.kill(job)) }
            case 14: world.killsTasks = chance(70)
            case 15: world.answersQuestions = chance(70)
            case 16: if chance(20) { world.ask(.setDisabled(job, chance(50))) }
            case 17: if chance(10) { world.ask(.delete(job)) }
            case 18: world.agents[0].isReachable = chance(60)
            case 19: if let notice = pick(world.notices) { world.send(.notified(notice.id, failure: chance(50) ? "no" : nil)) }
            case 20: world.ask(.metronome(.run(job), zone: nil))
            case 21: stopRun(of: job)
            case 22: if chance(30) { world.ask(.metronome(change(of: job), zone: nil)) }
            default: world.send(.woken)
            }
            look()
        }

        /// One that is going on, or any other.
        private mutating func stopRun(of job: String) {
            guard let run = pick(world.runs(job)) else { return }
            world.ask(.metronome(.stop(job, run: RunID.text(of: run.key)), zone: nil))
        }

        private mutating func change(of job: String) -> MetronomeRequest {
            let schedule =
                #"{"id":"default","cron":"* * * * *","concurrencyPolicy":"\#(pick(["ALLOW", "FORBID"]) ?? "")","startingDeadlineSeconds":60}"#
            switch random.draw(below: 4) {
            case 0: return .createSchedule(job, Builders.body(schedule))
            case 1: return .updateSchedule(job, id: "default", Builders.body(schedule))
            case 2: return .deleteSchedule(job, id: "default")
            default:
                let restart =
                    #""restart":{"policy":"\#(pick(["NEVER", "ON_FAILURE"]) ?? "")","activeDeadlineSeconds":\#(1 + random.draw(below: 90))}"#
                let run = #""run":{"cmd":"y","maxLaunchDelay":\#(1 + random.draw(below: 60)),\#(restart)}"#
                return .update(job, Builders.body(#"{"id":"\#(job)",\#(run)}"#), takesSchedules: chance(50))
            }
        }

        /// Each run is told to begin and to end, once.
        func checkEvents() {
            var open: Set<String> = []
            for event in world.events {
                guard let run = event.run else { continue }
                let key = "\(event.job)/\(run.due)"
                switch event.kind {
                case .runCreated: #expect(open.insert(key).inserted, "\(key) begins twice")
                case .runEnded: #expect(open.remove(key) != nil, "\(key) ends without having begun")
                default: #expect(open.contains(key), "\(event.kind.rawValue) of \(key), which is over")
                }
            }
            #expect(open.isEmpty, "\(open.sorted()) never ended")
        }

        /// All that waits is delivered, and nothing else has been forgotten without a word.
        mutating func deliver() {
            for notice in world.notices { world.send(.notified(notice.id, failure: nil)) }
            #expect(world.disk["notices"]?.isEmpty ?? true)
            #expect(Set(world.notices.map(\.id)).count >= world.givenUp.count)
        }

        /// A run that has ended stays as it ended.
        mutating func look() {
            for job in world.core.allJobs {
                for run in world.core.runs(of: job) {
                    let key = "\(run.key.text)/\(run.createdAt)"
                    if let known = seen[key], let known { #expect(run.outcome == known, "\(key) ended twice") }
                    seen[key] = .some(run.outcome)
                    look(run)
                }
            }
        }

        /// What has been decided of an index stays so, and a run ends as its indices say.
        private mutating func look(_ run: Run) {
            for (index, part) in run.parts.enumerated() {
                guard case .ended(let outcome) = part.phase else { continue }
                let key = "\(run.key.text)/\(run.createdAt)/\(index)"
                if let known = decided[key] { #expect(outcome == known, "\(key) is decided twice") }
                decided[key] = outcome
            }
            if run.outcome == .succeeded { #expect(run.succeededCount >= run.needed, "\(run.key.text)") }
            // One that was not launched in time has failed as a whole.
            if run.outcome == .failed, run.hasBegun { #expect(run.parts.count - run.failedCount < run.needed, "\(run.key.text)") }
            if run.hasEnded { #expect(run.parts.allSatisfy { $0.phase != .active }) }
            // No index has two tasks that are not over.
            #expect(run.parts.allSatisfy { $0.tasks.dropLast().allSatisfy(\.isOver) }, "\(run.key.text)")
        }

        /// All is well from here on: tasks run and end.
        mutating func heal() {
            world.killsTasks = true
            world.answersQuestions = true
            for index in world.agents.indices { world.agents[index].isReachable = true }
            for job in world.core.allJobs { world.ask(.setDisabled(job.name, true)) }
            world.crash()
            for _ in 0..<2_000 {
                world.settle()
                for task in world.tasks.keys.sorted() { world.report(task, .taskFinished) }
                world.settle()
                if world.tasks.isEmpty, world.core.allJobs.allSatisfy({ $0.unfinished.isEmpty }) { break }
                world.wait(seconds: 30)
            }
        }
    }

    @Test(arguments: 0..<150) func `whatever happens, no task id is used twice, and in the end every run has ended`(_ seed: UInt64) {
        var life = Life(seed: seed)
        for _ in 0..<250 { life.step() }
        life.heal()
        for job in life.world.core.allJobs {
            #expect(job.unfinished.isEmpty, "\(life.world.state) \(job.name): \(job.unfinished.map { life.world.core.runs[$0] })")
            // No scheduled due time has two runs.
            let dues = life.world.core.runs(of: job).filter { $0.cause == .schedule }.map(\.key.due)
            #expect(Set(dues).count == dues.count)
        }
        #expect(life.world.core.abandoned.isEmpty && life.world.unacknowledged.isEmpty && life.world.core.queue.count == 0)
        #expect(life.world.core.quarantine.isEmpty)
        life.checkEvents()
        life.deliver()
    }

    @Test func `the same inputs give the same state`() {
        func digests() -> [UInt64] {
            var life = Life(seed: 99)
            return (0..<200).map { _ in
                life.step()
                return life.world.core.digest
            }
        }
        #expect(digests() == digests())
    }
}
