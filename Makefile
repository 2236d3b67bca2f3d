.PHONY: install run test bench lock messages screenshots

install run test bench lock messages screenshots:
	@python3 dev.py $@
