import CPQ

/// The rows that a statement returned. The bytes stay where libpq put them; nothing is copied until it is read.
public struct Rows: RandomAccessCollection, Sendable {
    @usableFromInline let result: QueryResult

    @inlinable init(_ result: QueryResult) { self.result = result }

    @inlinable public var startIndex: Int { 0 }
    @inlinable public var endIndex: Int { result.count }
    @inlinable public subscript(index: Int) -> Row { Row(result: result, index: Int32(truncatingIfNeeded: index)) }

    /// How many rows an INSERT, UPDATE, DELETE, MERGE or SELECT affected or returned.
    public var affected: Int { result.affected }

    public var columnNames: [String] {
        (0..<PQnfields(result.pointer)).map { PQfname(result.pointer, $0).map { String(cString: $0) } ?? "" }
    }
}

/// Owns libpq's result, which does not change and does not depend on its connection: it may cross threads.
@usableFromInline
final class QueryResult: @unchecked Sendable {
    @usableFromInline let pointer: OpaquePointer
    @usableFromInline let count: Int

    init(_ pointer: OpaquePointer) {
        self.pointer = pointer
        count = Int(PQntuples(pointer))
    }

    deinit { PQclear(pointer) }

    var affected: Int { PQcmdTuples(pointer).flatMap { Int(String(cString: $0)) } ?? 0 }

    /// The command's tag begins with this, as in `ROLLBACK` or `INSERT 0 1`.
    func isCommand(_ tag: String) -> Bool {
        PQcmdStatus(pointer).map { String(cString: $0).hasPrefix(tag) } ?? false
    }
}

/// One row. Reading a field that is not what was asked for throws; nothing traps.
public struct Row: Sendable {
    @usableFromInline let result: QueryResult
    @usableFromInline let index: Int32

    @inlinable init(result: QueryResult, index: Int32) {
        self.result = result
        self.index = index
    }

    @inlinable public func get<Value: SQLReadable>(_ column: Int, as: Value.Type = Value.self) throws -> Value {
        guard let cell = cell(column) else { return try Value.readSQLNull(column: column) }
        return try Value.readSQL(cell)
    }

    /// Nil for NULL.
    @inlinable public func get<Value: SQLReadable>(_ column: Int, as: Value?.Type = Value?.self) throws -> Value? {
        guard let cell = cell(column) else { return nil }
        return try Value.readSQL(cell)
    }

    /// An enum, read by its raw value.
    @_disfavoredOverload
    @inlinable public func get<Value: RawRepresentable>(_ column: Int, as: Value.Type = Value.self) throws -> Value
    where Value.RawValue: SQLReadable {
        guard let value = Value(rawValue: try get(column, as: Value.RawValue.self)) else {
            throw DatabaseError.decoding("column \(column) is no \(Value.self)")
        }
        return value
    }

    @_disfavoredOverload
    @inlinable public func get<Value: RawRepresentable>(_ column: Int, as: Value?.Type = Value?.self) throws -> Value?
    where Value.RawValue: SQLReadable {
        isNull(column) ? nil : try get(column, as: Value.self)
    }

    /// True for a column that does not exist as well.
    @inlinable public func isNull(_ column: Int) -> Bool {
        PQgetisnull(result.pointer, index, Int32(truncatingIfNeeded: column)) != 0
    }

    /// Nil for NULL.
    @inlinable public func cell(_ column: Int) -> SQLCell? {
        let number = Int32(truncatingIfNeeded: column)
        guard PQgetisnull(result.pointer, index, number) == 0, let value = PQgetvalue(result.pointer, index, number)
        else { return nil }
        let size = Int(PQgetlength(result.pointer, index, number))
        return SQLCell(
            bytes: UnsafeRawBufferPointer(start: value, count: size), type: PQftype(result.pointer, number),
            column: column)
    }

    /// The integer of a column known to be `bigint NOT NULL`.
    @inlinable public func int64(_ column: Int) throws -> Int64 { try get(column) }

    /// The field's bytes in place; empty for NULL.
    @inlinable public func withBytes<Result>(
        _ column: Int, _ body: (UnsafeRawBufferPointer) throws -> Result
    ) rethrows -> Result {
        guard let cell = cell(column) else { return try body(UnsafeRawBufferPointer(start: nil, count: 0)) }
        return try withExtendedLifetime(result) { try body(cell.bytes) }
    }
}
