namespace RewardReasoning.Rankings;

/// <summary>
/// A largest matching of a graph, by Edmonds' blossoms (Canadian Journal of Mathematics 17, 1965): from a greedy start that gives each
/// vertex, in order, the first free neighbour, alternating paths are searched from every vertex still free, odd cycles contracted.
/// </summary>
internal static class MaximumMatching
{
    private const int None = -1;

    /// <summary>The partner of each vertex, or −1.</summary>
    public static int[] Find(int vertices, Func<int, int, bool> joined)
    {
        int[] partners = new int[vertices];
        Array.Fill(partners, None);
        for (int vertex = 0; vertex < vertices; vertex++)
        {
            for (int other = vertex + 1; partners[vertex] == None && other < vertices; other++)
            {
                if (partners[other] == None && joined(vertex, other))
                {
                    (partners[vertex], partners[other]) = (other, vertex);
                }
            }
        }

        for (int vertex = 0; vertex < vertices; vertex++)
        {
            if (partners[vertex] == None)
            {
                new Search(vertices, joined, partners).Augment(vertex);
            }
        }

        return partners;
    }

    /// <summary>One search for an alternating path from a free vertex to another.</summary>
    private sealed class Search(int vertices, Func<int, int, bool> joined, int[] partners)
    {
        private readonly int[] _parents = Filled(vertices);
        private readonly int[] _bases = [.. Enumerable.Range(0, vertices)];
        private readonly bool[] _reached = new bool[vertices];
        private readonly Queue<int> _open = new();

        public void Augment(int root)
        {
            _reached[root] = true;
            _open.Enqueue(root);
            for (int end = FindFree(root); end != None; )
            {
                int before = _parents[end];
                int next = partners[before];
                (partners[end], partners[before]) = (before, end);
                end = next;
            }
        }

        private int FindFree(int root)
        {
            while (_open.TryDequeue(out int vertex))
            {
                for (int other = 0; other < vertices; other++)
                {
                    if (other == vertex || !joined(vertex, other) || _bases[vertex] == _bases[other] || partners[vertex] == other)
                    {
                        continue;
                    }

                    if (other == root || (partners[other] != None && _parents[partners[other]] != None))
                    {
                        Contract(vertex, other, root);
                    }
                    else if (_parents[other] == None)
                    {
                        _parents[other] = vertex;
                        if (partners[other] == None)
                        {
                            return other;
                        }

                        Reach(partners[other]);
                    }
                }
            }

            return None;
        }

        private void Contract(int left, int right, int root)
        {
            int common = CommonBase(left, right, root);
            bool[] inBlossom = new bool[vertices];
            MarkPath(left, common, right, inBlossom);
            MarkPath(right, common, left, inBlossom);
            for (int vertex = 0; vertex < vertices; vertex++)
            {
                if (inBlossom[_bases[vertex]])
                {
                    _bases[vertex] = common;
                    Reach(vertex);
                }
            }
        }

        private int CommonBase(int left, int right, int root)
        {
            bool[] passed = new bool[vertices];
            for (int at = left; ; at = _parents[partners[at]])
            {
                at = _bases[at];
                passed[at] = true;
                if (at == root || partners[at] == None)
                {
                    break;
                }
            }

            for (int at = right; ; at = _parents[partners[at]])
            {
                at = _bases[at];
                if (passed[at])
                {
                    return at;
                }
            }
        }

        private void MarkPath(int from, int common, int child, bool[] inBlossom)
        {
            for (int at = from; _bases[at] != common; at = _parents[partners[at]])
            {
                inBlossom[_bases[at]] = inBlossom[_bases[partners[at]]] = true;
                _parents[at] = child;
                child = partners[at];
            }
        }

        private void Reach(int vertex)
        {
            if (!_reached[vertex])
            {
                _reached[vertex] = true;
                _open.Enqueue(vertex);
            }
        }

        private static int[] Filled(int length)
        {
            int[] values = new int[length];
            Array.Fill(values, None);
            return values;
        }
    }
}
