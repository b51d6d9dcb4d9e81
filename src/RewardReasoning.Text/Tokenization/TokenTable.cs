namespace RewardReasoning.Text.Tokenization;

/// <summary>The bytes of every token by id, in one block, and the way back from bytes to id.</summary>
internal sealed class TokenTable
{
    private const int Absent = -1;

    private byte[] _blob;
    private int _blobLength;
    private int[] _starts;
    private int[] _lengths;
    private int[] _slots;
    private int _indexed;

    /// <summary>An empty table with room for about <paramref name="expected"/> tokens; it grows beyond that.</summary>
    public TokenTable(int expected)
    {
        _blob = new byte[expected * 8];
        _starts = new int[expected];
        _lengths = new int[expected];
        Array.Fill(_lengths, Absent);
        _slots = NewSlots((int)System.Numerics.BitOperations.RoundUpToPowerOf2((uint)Math.Max(16, expected * 2)));
    }

    /// <summary>Highest id + 1.</summary>
    public int Count { get; private set; }

    /// <summary>Whether some token has this id.</summary>
    public bool Contains(int id) => (uint)id < (uint)Count && _lengths[id] != Absent;

    /// <summary>The token's bytes; empty for an id without a token.</summary>
    public ReadOnlyMemory<byte> this[int id] => Contains(id) ? _blob.AsMemory(_starts[id], _lengths[id]) : default;

    /// <summary>Gives an id its bytes. Only what is <paramref name="findable"/> can be found by its bytes again.</summary>
    public void Set(int id, ReadOnlySpan<byte> bytes, bool findable)
    {
        if (id >= _starts.Length)
        {
            int old = _starts.Length;
            int size = Math.Max(id + 1, old * 2);
            Array.Resize(ref _starts, size);
            Array.Resize(ref _lengths, size);
            _lengths.AsSpan(old).Fill(Absent);
        }

        if (_blobLength + bytes.Length > _blob.Length)
        {
            Array.Resize(ref _blob, Math.Max(_blobLength + bytes.Length, _blob.Length * 2));
        }

        bytes.CopyTo(_blob.AsSpan(_blobLength));
        _starts[id] = _blobLength;
        _lengths[id] = bytes.Length;
        _blobLength += bytes.Length;
        Count = Math.Max(Count, id + 1);
        if (findable)
        {
            Index(id);
        }
    }

    /// <summary>The id of the token with exactly these bytes, or -1.</summary>
    public int Find(ReadOnlySpan<byte> bytes)
    {
        int mask = _slots.Length - 1;
        for (int slot = Hash(bytes) & mask; _slots[slot] != Absent; slot = (slot + 1) & mask)
        {
            if (BytesOf(_slots[slot]).SequenceEqual(bytes))
            {
                return _slots[slot];
            }
        }

        return Absent;
    }

    private ReadOnlySpan<byte> BytesOf(int id) => _blob.AsSpan(_starts[id], _lengths[id]);

    private void Index(int id)
    {
        if (++_indexed * 2 > _slots.Length)
        {
            int[] old = _slots;
            _slots = NewSlots(old.Length * 2);
            foreach (int known in old)
            {
                if (known != Absent)
                {
                    Insert(known);
                }
            }
        }

        Insert(id);
    }

    private void Insert(int id)
    {
        int mask = _slots.Length - 1;
        int slot = Hash(BytesOf(id)) & mask;
        while (_slots[slot] != Absent)
        {
            slot = (slot + 1) & mask;
        }

        _slots[slot] = id;
    }

    private static int[] NewSlots(int size)
    {
        int[] slots = new int[size];
        Array.Fill(slots, Absent);
        return slots;
    }

    private static int Hash(ReadOnlySpan<byte> bytes)
    {
        uint hash = 2166136261;
        foreach (byte value in bytes)
        {
            hash = (hash ^ value) * 16777619;
        }

        return (int)((hash ^ (hash >> 15)) & int.MaxValue);
    }
}
