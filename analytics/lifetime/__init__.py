"""How long customers stay, how often they buy and what they spend: the models of R10-R15, on grouped histories.

`histories` what is known of a customer; `dropout` BG/NBD and MBG/NBD, `pareto` Pareto/NBD: when and for how long they buy;
`spend` and `stratified` what a purchase is worth; `contracts` the shifted beta-geometric; `totals` what a group of customers
comes to and how sure that is. Parameters in `__init__`, data in `fit`, results end in `_`. Time is in weeks.
"""
