import Machine
import MesosAPI
import Testing

@testable import AgentCore

struct UpdateStreamTests {
    enum Step { case add(Update), acknowledge([UInt8]), link(Bool), retry }

    let run = Update(uuid: [1], state: .taskRunning, status: [1]), end = Update(uuid: [2], state: .taskFinished, status: [2])

    private func timeline(_ rows: [(Int64, Step, [UpdateStream.Effect])], sourceLocation: SourceLocation = #_sourceLocation) {
        var stream = UpdateStream(), isLinked = false
        for (seconds, step, effects) in rows {
            let now = seconds * .second
            let got: [UpdateStream.Effect]
            switch step {
            case .add(let update): got = stream.add(update, isLinked: isLinked, at: now)
            case .acknowledge(let uuid): got = stream.acknowledge(uuid, isLinked: isLinked, at: now)
            case .link(let isUp):
                isLinked = isUp
                got = stream.link(isUp, at: now)
            case .retry: got = stream.retry(isLinked: isLinked, at: now)
            }
            #expect(got == effects, "at \(seconds) s: \(step)", sourceLocation: sourceLocation)
        }
    }

    @Test func `update stream: doubles the delay, holds the next update, ends after the terminal acknowledgement`() {
        timeline([
            (0, .link(true), []),
            (1, .add(run), [.changed, .forward(run), .retry(at: 11 * .second)]),
            (5, .add(end), [.changed]),
            (9, .retry, []),
            (11, .retry, [.forward(run), .retry(at: 31 * .second)]),
            (12, .acknowledge([2]), [.refuse(.unexpectedAcknowledgement)]),
            (13, .acknowledge([1]), [.changed, .forward(end), .retry(at: 23 * .second)]),
            (14, .acknowledge([1]), [.refuse(.unexpectedAcknowledgement)]),
            (15, .acknowledge([2]), [.ended])
        ])
    }

    @Test func `update stream: rests without a master, and sends what is in flight again when one comes`() {
        timeline([
            (1, .add(run), [.changed]),
            (50, .retry, []),
            (60, .link(true), [.forward(run), .retry(at: 70 * .second)]),
            (65, .link(false), []),
            (70, .retry, []),
            (80, .link(true), [.forward(run), .retry(at: 90 * .second)])
        ])
    }

    @Test func `update stream: the delay grows to ten minutes, and begins anew with the next update`() {
        var stream = UpdateStream()
        var now: Int64 = 0
        var delays: [Int64] = []
        _ = stream.add(run, isLinked: true, at: now)
        for _ in 0..<8 {
            guard let time = stream.retryAt else { break }
            delays.append((time - now) / .second)
            now = time
            _ = stream.retry(isLinked: true, at: now)
        }
        #expect(delays == [10, 20, 40, 80, 160, 320, 600, 600])
        _ = stream.add(end, isLinked: true, at: now)
        _ = stream.acknowledge([1], isLinked: true, at: now)
        #expect(stream.retryAt == now + 10 * .second)
    }

    @Test func `update stream: nothing follows a terminal update, and an unanswered stream stays bounded`() {
        timeline([
            (0, .add(end), [.changed]),
            (1, .add(run), [.refuse(.updateAfterTerminal)])
        ])
        var stream = UpdateStream()
        for number in 0..<200 { _ = stream.add(Update(uuid: [UInt8(number)], state: .taskRunning, status: []), isLinked: true, at: 0) }
        #expect(stream.queue.count == UpdateStream.limit)
        #expect(stream.queue.first?.uuid == [0] && stream.queue.last?.uuid == [199])
    }
}
