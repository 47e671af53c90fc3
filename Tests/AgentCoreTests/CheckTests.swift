import Machine
import MesosAPI
import Testing

@testable import AgentCore

struct CheckTests {
    /// Times are seconds since the task's start; each probe ends at once with the given result.
    private func verdicts(_ results: [(Double, Bool?)], grace: Double = 10, limit: UInt32 = 3) -> [HealthMonitor.Verdict] {
        var monitor = HealthMonitor(schedule: ProbeSchedule(delay: 0, interval: 1, timeout: 1), gracePeriod: grace, limit: limit)
        monitor.start(at: 0, started: 0, wasHealthy: nil)
        return results.map { seconds, isFine in
            let now = Int64(seconds * 1_000) * .millisecond
            guard let number = monitor.schedule.due(now) else { return .unchanged }
            return monitor.finish(number, isFine, at: now)
        }
    }

    @Test(
        arguments: [
            // A first success is news, a second one isn't.
            ([(1, true), (3, true)], 10, 3, [.healthy, .unchanged]),
            // Failures within the grace period don't count, later ones do.
            (
                [(1, false), (9, false), (11, false), (13, false), (15, false)], 10, 3,
                [
                    .unchanged, .unchanged, .unhealthy(consecutive: 1, isFatal: false), .unhealthy(consecutive: 2, isFatal: false),
                    .unhealthy(consecutive: 3, isFatal: true)
                ]
            ),
            // After a success the grace period is over.
            ([(1, true), (3, false), (5, true)], 10, 3, [.healthy, .unhealthy(consecutive: 1, isFatal: false), .healthy]),
            // A limit of 0 acts like 1, and no grace counts at once.
            ([(1, false)], 0, 0, [.unhealthy(consecutive: 1, isFatal: true)]),
            // What could not be tried says nothing.
            (
                [(1, true), (3, nil), (5, false), (7, nil), (9, false)], 0, 2,
                [
                    .healthy, .unchanged, .unhealthy(consecutive: 1, isFatal: false), .unchanged, .unhealthy(consecutive: 2, isFatal: true)
                ]
            )
        ] as [([(Double, Bool?)], Double, UInt32, [HealthMonitor.Verdict])])
    func `health: results become verdicts`(results: [(Double, Bool?)], grace: Double, limit: UInt32, expected: [HealthMonitor.Verdict]) {
        #expect(verdicts(results, grace: grace, limit: limit) == expected)
    }

    @Test func `health: the first probe comes after the delay, the next one an interval after the end of the one before`() throws {
        var rig = try Rig.running()
        rig.run(
            Rig.task {
                $0.healthCheck.type = .http
                $0.healthCheck.http.port = 8_080
                $0.healthCheck.http.path = "/ok"
                $0.healthCheck.delaySeconds = 5
                $0.healthCheck.intervalSeconds = 7
            })
        #expect(rig.wake(after: 4.9).words == [])
        let probes = rig.wake(after: 0.2)
        #expect(probes.words == ["probe health"])
        guard case .probe(let probe) = probes.first else { return }
        #expect(probe.target == .http(scheme: "http", port: 8_080, path: "/ok", isIPv6: false))
        #expect(probe.timeout == 20 * .second)
        #expect(rig.wake(after: 30).words == [], "one probe at a time")
        let effects = rig.input(.probed(container: rig.container("t"), .health, number: probe.number, .answered(status: 204)))
        #expect(effects.words == ["store +streams", "send taskRunning"])
        #expect(effects.statuses.first?.healthy == true)
        #expect(effects.statuses.first?.reason == .taskHealthCheckStatusUpdated)
        #expect(rig.input(.probed(container: rig.container("t"), .health, number: probe.number, .timedOut)).words == [], "a stale result is dropped")
        #expect(rig.wake(after: 6.9).words == [])
        #expect(rig.wake(after: 0.2).words == ["probe health"])
    }

    @Test func `health: at the limit the task is told to be unhealthy, then killed, and ends as killed and unhealthy`() throws {
        var rig = try Rig.running()
        rig.run(
            Rig.task {
                $0.healthCheck.type = .tcp
                $0.healthCheck.tcp.port = 80
                $0.healthCheck.delaySeconds = 0
                $0.healthCheck.gracePeriodSeconds = 0
                $0.healthCheck.consecutiveFailures = 1
            })
        guard case .probe(let probe) = rig.wake(after: 0.1).first else {
            Issue.record("no probe")
            return
        }
        let effects = rig.input(.probed(container: rig.container("t"), .health, number: probe.number, .failed("nothing listens")))
        #expect(effects.words == ["store +streams", "send taskRunning", "store +streams", "signal 15"])
        #expect(effects.statuses.first?.healthy == false && effects.statuses.first?.message == "nothing listens")
        rig.exited("t", ContainerEnd(.signalled(15)))
        let states = rig.acknowledgeAll("t")
        #expect(states.map(\.state) == [.taskRunning, .taskKilling, .taskKilled])
        #expect(states.last?.hasHealthy == true && states.last?.healthy == false)
    }

    @Test func `check: only a change of the result is told, and each status carries it`() throws {
        var rig = try Rig.running()
        rig.run(
            Rig.task {
                $0.check.type = .command
                $0.check.command.command.value = "test -f /ready"
                $0.check.delaySeconds = 0
                $0.check.intervalSeconds = 1
            })
        var told: [Int32] = []
        for code in [1, 1, 0, 0, 3] as [Int32] {
            guard case .probe(let probe) = rig.wake(after: 1.1).first else {
                Issue.record("no probe")
                return
            }
            rig.input(.probed(container: rig.container("t"), .check, number: probe.number, .exited(code)))
            told += rig.acknowledgeAll("t").map(\.checkStatus.command.exitCode)
        }
        #expect(told == [1, 0, 3])
        rig.exited("t", ContainerEnd(.exited(0)))
        let end = rig.acknowledgeAll("t").last
        #expect(end?.checkStatus.type == .command && end?.checkStatus.command.exitCode == 3)
    }
}
